"""Staff see whether pushes reach a person (contract 19.1)."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from findr.accounts.permissions import StaffOnly
from findr.api.endpoint import Endpoint
from findr.api.fields import Id, Text, read
from findr.api.http import body_of, success
from findr.vendors.budget import vendor_slot
from notifications.push.diagnostics import Tried, send_test

# The longest that whoever asks is kept waiting.
SECONDS = 5.0


class TestInput(serializers.Serializer[Any]):
    """The body of `POST /api/test-notification`."""

    userId = Id()  # noqa: N815
    title = Text(max_length=100)
    body = Text(max_length=500)


class TestNotification(Endpoint):
    """POST /api/test-notification"""

    permission_classes = [StaffOnly]

    def post(self, request: Request) -> Response:
        """How many devices there are, and how many took it."""
        given = read(TestInput, body_of(request))
        with vendor_slot():
            tried = send_test(given["userId"], title=given["title"], body=given["body"], seconds=SECONDS)
        return success(devices=tried.devices, sent=tried.sent, failed=tried.failed, message=_sentence(tried))


def _sentence(tried: Tried) -> str:
    if not tried.devices:
        return "No FCM token for user"
    return "Notification sent" if tried.sent else "Notification failed"
