"""Devices that pushes go to: whose they are the token says (contract 14.1, 14.2)."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from findr.accounts.permissions import PatientOrProvider
from findr.api.endpoint import Endpoint
from findr.api.fields import Line, Text, read
from findr.api.http import body_of, success
from findr.api.identity import Identity, viewer_of
from notifications.models import Device, Notification
from notifications.push import devices

PLATFORMS = Device.Platform.values


class PlatformName(Text):
    """One of the platforms that the contract names."""

    def to_internal_value(self, data: Any) -> str:
        """The word as it is."""
        word = super().to_internal_value(data)
        if word and word not in PLATFORMS:
            self.fail("invalid")
        return word


class TokenInput(serializers.Serializer[Any]):
    """The body of `POST /api/users/fcm-token`."""

    token = Text(max_length=4096)
    platform = PlatformName(required=False)


class DeviceInput(serializers.Serializer[Any]):
    """The body of `POST /api/users/devices`."""

    token = Text(max_length=4096)
    platform = PlatformName()
    deviceModel = Line(required=False, max_length=100)  # noqa: N815


class PushToken(Endpoint):
    """POST /api/users/fcm-token"""

    permission_classes = [PatientOrProvider]
    failure = "Failed to save FCM token"

    def post(self, request: Request) -> Response:
        """The caller's device from now on."""
        given = read(TokenInput, body_of(request))
        _register(viewer_of(request), given["token"], given["platform"])
        return success()


class Devices(Endpoint):
    """POST /api/users/devices"""

    permission_classes = [PatientOrProvider]

    def post(self, request: Request) -> Response:
        """As `fcm-token`, with more of the device."""
        given = read(DeviceInput, body_of(request))
        _register(viewer_of(request), given["token"], given["platform"], given["deviceModel"])
        return success(message="Device registered")


class OneDevice(Endpoint):
    """DELETE /api/users/devices/:token"""

    permission_classes = [PatientOrProvider]

    def delete(self, request: Request, address: str) -> Response:
        """Also if it was not there, or is somebody else's: then it stays theirs."""
        body_of(request)
        devices.remove(recipient=viewer_of(request).id, address=address)
        return success(message="Device removed")


def _register(viewer: Identity, address: str, platform: str | None, model: str | None = None) -> None:
    side = Notification.RecipientType.PROVIDER if viewer.kind == "provider" else Notification.RecipientType.USER
    devices.register(
        recipient=viewer.id, recipient_type=side, address=address, platform=platform or "", model=model or ""
    )
