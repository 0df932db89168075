"""Fifty patients and ten practices, written before anything starts, and the tokens in their hands."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from cast import Person
from chaos.plan import PATIENTS, PRACTICES
from django.contrib.auth.hashers import make_password

from findr.accounts.models import AccountRole, User
from notifications.models import Device
from notifications.models.device import hash_of
from providers.models import OpeningHours, Provider, Service, TeamMember

ZONES = ("America/Denver", "America/New_York", "Europe/London", "Asia/Kolkata")
SERVICES = {"short": (30, 8_000), "hour": (60, 15_075), "free": (30, 0)}


@dataclass(frozen=True)
class Somebody:
    """A patient with a phone, or a practice with a portal.

    Attributes:
        phones: the addresses of those that get pushes.
    """

    name: str
    id: UUID
    token: str
    phones: tuple[str, ...]


@dataclass(frozen=True)
class Practice(Somebody):
    """What can be booked there."""

    zone: str
    member: UUID
    services: dict[str, UUID]


@dataclass(frozen=True)
class People:
    """The whole cast of a run."""

    patients: list[Somebody]
    practices: list[Practice]


def number_of(kind: int, number: int) -> UUID:
    """A stable id, the same in each run."""
    return UUID(f"00000000-0000-4000-9000-{kind:04d}{number:08d}")


def write_people() -> People:
    """Create everybody, in the run's own empty database."""
    password = make_password("chaos-1234")
    patients = User.objects.bulk_create(
        User(
            id=number_of(1, number),
            email=f"patient{number}@example.test",
            role=AccountRole.PATIENT,
            first_name="Pat",
            last_name=f"No{number}",
            password=password,
        )
        for number in range(PATIENTS)
    )
    told = [
        Somebody(f"patient {number}", user.id, Person(user).token, write_phones("User", user.id, number % 3))
        for number, user in enumerate(patients)
    ]
    return People(told, [_write_practice(number, password) for number in range(PRACTICES)])


def _write_practice(number: int, password: str) -> Practice:
    zone = ZONES[number % len(ZONES)]
    desk = User.objects.create(
        id=number_of(2, number),
        email=f"practice{number}@example.test",
        role=AccountRole.PROVIDER,
        first_name="Practice",
        last_name=f"No{number}",
        password=password,
    )
    provider = Provider.objects.create(
        id=number_of(3, number),
        account=desk,
        practice_name=f"Practice {number}",
        status=Provider.Status.APPROVED,
        email=desk.email,
        street="1 Ridge Rd",
        city="Bozeman",
        region="MT",
        zip_code="59715",
        timezone=zone,
        requests_hold_time=number % 3 == 0,
        buffer_minutes=15 if number % 4 == 1 else 0,
        minimum_lead_minutes=0 if number % 5 == 2 else 60,
        response_hours=4 if number % 2 else 24,
        cancellation_tier="moderate" if number % 4 == 3 else "standard",
    )
    member = TeamMember.objects.create(id=number_of(4, number), provider=provider, name="Alex Kim")
    OpeningHours.objects.bulk_create(
        OpeningHours(provider=provider, weekday=day, opens=time(7), closes=time(19)) for day in range(7)
    )
    services = {
        name: Service.objects.create(
            id=number_of(5 + index, number),
            provider=provider,
            name=name,
            category="Medical",
            duration_minutes=minutes,
            price_cents=cents,
        ).id
        for index, (name, (minutes, cents)) in enumerate(SERVICES.items())
    }
    token = Person(desk, provider).token
    phones = write_phones("Provider", provider.id, 1)
    return Practice(f"practice {number}", provider.id, token, phones, zone, member.id, services)


def write_phones(kind: str, owner: UUID, number: int) -> tuple[str, ...]:
    """So many phones of a patient ("User") or a practice ("Provider"); their addresses."""
    addresses = tuple(f"{kind}:{owner}:{index}" for index in range(number))
    Device.objects.bulk_create(
        Device(address=one, address_hash=hash_of(one), kind="token", recipient=owner, recipient_type=kind)
        for one in addresses
    )
    return addresses
