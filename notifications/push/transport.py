"""The transport `push`: a delivery for each device of a recipient, and what FCM answers to its message."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from findr.switches import Switch, is_on
from notifications.answers import Answers, NotSent, Refused, TryLater
from notifications.models import Delivery, Device, Notification
from notifications.push import fcm
from notifications.push.devices import devices_of, forget
from notifications.push.message import DeviceGone, PushLater, PushRefused
from notifications.push.rendering import message_of
from notifications.selectors import unread_counts


class PushTransport:
    """Satisfies `notifications.transports.Transport`."""

    def owed(self, notifications: Sequence[Notification]) -> Sequence[Delivery]:
        """One to each device that the recipient has now; none where nothing is configured to send with."""
        if not fcm.is_configured():
            return []
        devices: dict[UUID, list[UUID]] = defaultdict(list)
        for device_id, owner in devices_of(*_recipients(notifications)).values_list("pk", "recipient"):
            devices[owner].append(device_id)
        return [
            Delivery(
                notification=notification,
                booking_id=notification.booking_id,
                transport=Delivery.Transport.PUSH,
                device_id=device_id,
            )
            for notification in notifications
            for device_id in devices[notification.recipient]
        ]

    def send_each(self, deliveries: Sequence[Delivery]) -> Iterator[Answers]:
        """Push them, if the switch is on and the device still the recipient's."""
        if not is_on(Switch.PUSH):
            yield {delivery.id: NotSent("switched_off") for delivery in deliveries}
            return
        pushes = _pushes(deliveries)
        yield {delivery.id: NotSent("no_device") for delivery in deliveries if delivery.id not in pushes}
        sent = list(pushes.values())
        badges = unread_counts(push.notification.recipient for push in sent)
        messages = [
            message_of(push.notification, push.device, badge=badges[push.notification.recipient]) for push in sent
        ]
        for answers in fcm.send_each(messages, seconds=settings.PUSH_CALL_SECONDS):
            yield {sent[place].delivery.id: _outcome(sent[place], answer) for place, answer in answers.items()}


@dataclass(frozen=True)
class _Push:
    """A delivery that can be sent: what it tells, and where to."""

    delivery: Delivery
    notification: Notification
    device: Device


def _pushes(deliveries: Sequence[Delivery]) -> dict[UUID, _Push]:
    """By its delivery's id, each whose device still belongs to whoever is told."""
    told = [(delivery, delivery.notification) for delivery in deliveries if delivery.notification]
    own = devices_of(*_recipients([notification for _, notification in told]))
    devices: dict[tuple[UUID | None, UUID], Device] = {
        (device.id, device.recipient): device for device in own.filter(pk__in=[one.device_id for one, _ in told])
    }
    return {
        delivery.id: _Push(delivery, notification, device)
        for delivery, notification in told
        if (device := devices.get((delivery.device_id, notification.recipient)))
    }


def _recipients(notifications: Iterable[Notification]) -> set[UUID]:
    return {notification.recipient for notification in notifications}


def _outcome(push: _Push, answer: str | Exception) -> str | Exception:
    match answer:
        case DeviceGone():
            try:
                forget(push.device, push.notification)
            except DatabaseError as error:  # FCM will say so again.
                return error
            return Refused(str(answer))
        case PushRefused():
            return Refused(str(answer))
        case PushLater():
            return TryLater(str(answer), retry_after=answer.retry_after)
    return answer
