"""From a notification to the message that a device gets (contract 14.3)."""

from datetime import timedelta

from django.utils.crypto import salted_hmac

from findr import clock
from notifications.models import Device, Notification
from notifications.push.message import PushMessage

LONGEST = timedelta(hours=24)
SCREENS = {"times_suggested": "SuggestedTimes"}
SCREEN = "BookingDetail"


def message_of(notification: Notification, device: Device, *, badge: int) -> PushMessage:
    """What a notification is on a device.

    Args:
        badge: how much its owner has not read, this included.
    """
    left = min(notification.valid_until - clock.now(), LONGEST)
    return PushMessage(
        address=device.address,
        is_installation=device.kind == Device.Kind.INSTALLATION,
        title=notification.title,
        body=notification.body,
        data=_data(notification),
        collapse_id=collapse_id(notification),
        ttl=max(1, int(left.total_seconds())),
        badge=badge,
    )


def collapse_id(notification: Notification) -> str:
    """One banner for each booking, under a word that tells nobody which."""
    about = str(notification.booking_id or notification.id)
    return salted_hmac("notifications.push.collapse_id", about, algorithm="sha256").hexdigest()[:32]


def _data(notification: Notification) -> dict[str, str]:
    """All values are strings: FCM takes nothing else."""
    booking_id = str(notification.booking_id or "")
    return {
        "type": notification.type,
        "bookingId": booking_id,
        "providerId": str(notification.provider_id or ""),
        "eventId": str(notification.event_id or ""),
        "screen": SCREENS.get(notification.type, SCREEN),
        "actionUrl": f"/booking/{booking_id}",
    }
