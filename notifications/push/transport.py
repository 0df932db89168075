"""The transport `push`: a delivery for each device of a recipient, and the message of contract 14.3."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.utils.crypto import salted_hmac

from findr import clock
from findr.switches import Switch, is_on
from notifications.models import Delivery, Device, Notification
from notifications.push import fcm
from notifications.push.devices import devices_of, forget
from notifications.push.message import DeviceGone, PushLater, PushMessage, PushRefused
from notifications.selectors import unread_count
from notifications.transports import NotSent, Refused, TryLater

LONGEST = timedelta(hours=24)
SCREENS = {"times_suggested": "SuggestedTimes"}
SCREEN = "BookingDetail"


class PushTransport:
    """Satisfies `notifications.transports.Transport`."""

    def owed(self, notification: Notification) -> Sequence[Delivery]:
        """One to each device that the recipient has now; none where nothing is configured to send with."""
        if not fcm.is_configured():
            return []
        return [
            Delivery(
                notification=notification,
                booking_id=notification.booking_id,
                transport=Delivery.Transport.PUSH,
                device_id=device_id,
            )
            for device_id in devices_of(notification.recipient, notification.recipient_type).values_list(
                "pk", flat=True
            )
        ]

    def send(self, delivery: Delivery) -> str:
        """Push it, if the switch is on and the device still the recipient's."""
        notification = delivery.notification
        if notification is None or delivery.device_id is None:  # No such row is ever made here.
            raise NotSent("no_device")
        if not is_on(Switch.PUSH):
            raise NotSent("switched_off")
        own = devices_of(notification.recipient, notification.recipient_type)
        device = own.filter(pk=delivery.device_id).first()
        if device is None:
            raise NotSent("no_device")
        return _push(notification, device)


def _push(notification: Notification, device: Device) -> str:
    try:
        return fcm.send(message_of(notification, device), seconds=settings.PUSH_CALL_SECONDS)
    except DeviceGone as error:
        forget(device, notification)
        raise Refused(str(error)) from None
    except PushRefused as error:
        raise Refused(str(error)) from None
    except PushLater as error:
        raise TryLater(str(error), retry_after=error.retry_after) from None


def message_of(notification: Notification, device: Device) -> PushMessage:
    """What a notification is on a device (contract 14.3); the badge counts what its owner has not read, this included."""
    left = min(notification.valid_until - clock.now(), LONGEST)
    return PushMessage(
        address=device.address,
        is_installation=device.kind == Device.Kind.INSTALLATION,
        title=notification.title,
        body=notification.body,
        data=_data(notification),
        collapse_id=collapse_id(notification),
        ttl=max(1, int(left.total_seconds())),
        badge=unread_count(notification.recipient),
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
