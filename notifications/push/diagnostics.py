"""Staff send a person something, to see whether pushes reach them (contract 19.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from findr.accounts.models import AccountRole, User
from findr.switches import Switch, is_on
from notifications.errors import UserNotFound
from notifications.models import Device
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
    _refuse_strangers(person)
    devices = list(devices_of(person))
    if not devices or not fcm.is_configured() or not is_on(Switch.PUSH):
        return Tried(len(devices), 0)
    messages, sent = _messages(devices, title, body, badge=unread_count(person)), 0
    for answers in fcm.send_each(messages, seconds=seconds):
        sent += sum(isinstance(answer, str) for answer in answers.values())
        for place, answer in answers.items():
            if isinstance(answer, DeviceGone):
                forget(devices[place])
    return Tried(len(devices), sent)


def _refuse_strangers(person: UUID) -> None:
    is_patient = User.objects.filter(id=person, role=AccountRole.PATIENT).exists()
    if not is_patient and not Provider.objects.filter(id=person).exists():
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
