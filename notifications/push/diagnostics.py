"""Staff send a person something, to see whether pushes reach them (contract 19.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from findr.accounts.models import AccountRole, User
from findr.switches import Switch, is_on
from notifications.errors import UserNotFound
from notifications.models import Device, Notification
from notifications.push import fcm
from notifications.push.devices import devices_of, forget
from notifications.push.message import DeviceGone, PushMessage
from notifications.selectors import unread_count
from providers.models import Provider

TTL_SECONDS = 300


@dataclass(frozen=True)
class Tried:
    """How many devices there are, and how many FCM took the message for."""

    devices: int
    sent: int

    @property
    def failed(self) -> int:
        """The others."""
        return self.devices - self.sent


def send_test(person: UUID, *, title: str, body: str, seconds: float) -> Tried:
    """Push to all devices of a patient or a practice at once, and wait so long for all the answers.

    Raises:
        UserNotFound: nobody has this id.
    """
    devices = list(devices_of(person, _side_of(person)))
    if not devices or not fcm.is_configured() or not is_on(Switch.PUSH):
        return Tried(len(devices), 0)
    answers = fcm.send_each(_messages(devices, title, body, badge=unread_count(person)), seconds=seconds)
    for device, answer in zip(devices, answers, strict=True):
        if isinstance(answer, DeviceGone):
            forget(device)
    return Tried(len(devices), sum(isinstance(answer, str) for answer in answers))


def _side_of(person: UUID) -> str:
    if User.objects.filter(id=person, role=AccountRole.PATIENT).exists():
        return Notification.RecipientType.USER
    if Provider.objects.filter(id=person).exists():
        return Notification.RecipientType.PROVIDER
    raise UserNotFound


def _messages(devices: Sequence[Device], title: str, body: str, *, badge: int) -> list[PushMessage]:
    """As contract 14.3 has them, about no booking."""
    test = str(uuid4())
    return [
        PushMessage(
            address=device.address,
            is_installation=device.kind == Device.Kind.INSTALLATION,
            title=title,
            body=body,
            data={
                "type": "test",
                "bookingId": "",
                "providerId": "",
                "eventId": "",
                "screen": "BookingDetail",
                "actionUrl": "",
            },
            collapse_id=test.replace("-", ""),
            ttl=TTL_SECONDS,
            badge=badge,
        )
        for device in devices
    ]
