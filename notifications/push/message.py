"""A push as the product speaks of it, and how sending one fails."""

from dataclasses import dataclass

from findr.vendors.errors import VendorError


@dataclass(frozen=True)
class PushMessage:
    """One message to one device.

    Attributes:
        address: the device's registration token, or the id of its installation (`is_installation`).
        data: what the app gets beside the text.
        collapse_id: an opaque word; a later message with the same one takes the place of this one.
        ttl: seconds for which the vendor keeps it for a device that is offline.
        badge: the number on the app's icon.
    """

    address: str
    is_installation: bool
    title: str
    body: str
    data: dict[str, str]
    collapse_id: str
    ttl: int
    badge: int


class PushError(VendorError):
    """A push was not taken; the message names FCM's own code, and no token and no text."""


class PushLater(PushError):
    """It may work later, or nobody knows whether it was taken.

    Args:
        retry_after: seconds that FCM asks to be left alone; None if it asks nothing.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message, retryable=True)
        self.retry_after = retry_after


class AccountRefused(PushLater):
    """FCM takes nothing from us, or nothing for one platform: the service account, or its keys, need somebody's care."""


class PushRefused(PushError):
    """FCM will never take this message for this device."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class DeviceGone(PushRefused):
    """The app was deleted there, or the token never was one: nothing will ever reach it."""
