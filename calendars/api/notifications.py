"""Where the vendors push that a calendar has changed: no token; the channel's secret says who it is.

https://developers.google.com/workspace/calendar/api/guides/push
https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from calendars.services.pushes import receive_push
from findr.accounts.permissions import Anybody
from findr.api import limits
from findr.api.endpoint import Endpoint, address_key
from findr.api.fields import as_id
from findr.api.http import body_of
from findr.errors import Invalid, NotFound

# Of a collection of Graph's, which holds a few; and of the token that it wants to see again.
MAX_NOTICES, MAX_TOKEN = 1000, 2000
SYNC = "sync"


class Notifications(Endpoint):
    """What both have in common."""

    authentication_classes = []
    permission_classes = [Anybody]

    def count_call(self, request: Request) -> None:
        """The vendors may push as often as things happen; strangers have a limit."""


class GoogleNotifications(Notifications):
    """POST /api/calendar/google/notifications: everything is in the headers."""

    def post(self, request: Request) -> HttpResponse:
        """Have the calendar read."""
        told = {name: request.headers.get(f"X-Goog-{name}", "") for name in ("Channel-ID", "Channel-Token")}
        resource = request.headers.get("X-Goog-Resource-ID", "")
        # The first one of a channel says that it is open, which its opener hears anyhow.
        if request.headers.get("X-Goog-Resource-State") == SYNC:
            return HttpResponse(status=204)
        if not receive_push(as_id(told["Channel-ID"]), told["Channel-Token"], resource):
            limits.count("bad_signatures", address_key(request))
            raise NotFound
        return HttpResponse(status=204)


class MicrosoftNotifications(Notifications):
    """POST /api/calendar/microsoft/notifications: a collection of notices; or a token that is to come back."""

    def post(self, request: Request) -> HttpResponse | Response:
        """Whatever is wrong with a notice, Graph is not told: it would push it for hours."""
        if token := request.query_params.get("validationToken"):
            return HttpResponse(token[:MAX_TOKEN], content_type="text/plain; charset=utf-8")
        notices = body_of(request).get("value")
        if not isinstance(notices, list) or len(notices) > MAX_NOTICES:
            raise Invalid("value is invalid", value="value is invalid")
        seen = {_read(notice) for notice in notices if isinstance(notice, Mapping)}
        for channel, secret, subscription, event in sorted(seen):
            if not receive_push(as_id(channel), secret, subscription, event=event):
                limits.count("bad_signatures", address_key(request))
        return Response(status=202)


def _read(notice: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """The channel and its secret, out of the client state; the subscription; what happens to it."""
    state, subscription, event = (
        value if isinstance(value := notice.get(name), str) else ""
        for name in ("clientState", "subscriptionId", "lifecycleEvent")
    )
    channel, _, secret = state.partition(".")
    return channel, secret, subscription, event
