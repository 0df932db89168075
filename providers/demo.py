"""The cast of the demonstration: stable people, practices and services, for bin/serve, the README and the tests."""

from dataclasses import dataclass
from datetime import time
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from findr.accounts.models import AccountRole, User
from providers.models import OpeningHours, Provider, Service, TeamMember

PASSWORD = "findr-demo-1"  # noqa: S105 - the demonstration's, in every README


def demo_id(number: int) -> UUID:
    """A stable id: `00000000-0000-4000-8000-000000000101` for 101."""
    return UUID(f"00000000-0000-4000-8000-{number:012d}")


@dataclass(frozen=True)
class _Practice:
    number: int
    email: str
    name: str
    timezone: str
    place: tuple[str, str, str, str]


PRACTICES = (
    _Practice(
        1, "ridge@example.test", "Ridge Physical Therapy", "America/Denver", ("1 Ridge Rd", "Bozeman", "MT", "59715")
    ),
    _Practice(
        2, "harbor@example.test", "Harbor Family Clinic", "America/New_York", ("2 Pier St", "Portland", "ME", "04101")
    ),
    _Practice(
        3, "lakeside@example.test", "Lakeside Wellness", "America/Chicago", ("3 Shore Dr", "Madison", "WI", "53703")
    ),
)
_SERVICES = ((1, "Follow-up", 30, 8_000), (2, "Evaluation", 60, 15_000), (3, "Introductory call", 30, 0))


@transaction.atomic
def load() -> None:
    """Create what is missing; what is there stays as it is, so that loading twice changes nothing."""
    _person(201, "pat@example.test", AccountRole.PATIENT, "Pat", "Doe", phone="+15555550201")
    _person(202, "sam@example.test", AccountRole.PATIENT, "Sam", "Roe", phone="+15555550202")
    _person(601, "staff@example.test", AccountRole.STAFF, "Stacy", "Admin", is_superuser=True)
    for practice in PRACTICES:
        _practice(practice)


def _person(number: int, email: str, role: AccountRole, first_name: str, last_name: str, **fields: object) -> User:
    defaults = {"email": email, "role": role, "first_name": first_name, "last_name": last_name, **fields}
    user, created = User.objects.get_or_create(id=demo_id(number), defaults=defaults)
    if created:
        user.password = make_password(PASSWORD)
        user.save(update_fields=["password"])
    return user


def _practice(practice: _Practice) -> None:
    street, city, region, zip_code = practice.place
    account = _person(150 + practice.number, practice.email, AccountRole.PROVIDER, practice.name, "Desk")
    provider, created = Provider.objects.get_or_create(
        id=demo_id(100 + practice.number),
        defaults={
            "account": account,
            "practice_name": practice.name,
            "provider_types": ["Medical"],
            "status": Provider.Status.APPROVED,
            "email": practice.email,
            "phone": f"+1555555030{practice.number}",
            "street": street,
            "city": city,
            "region": region,
            "zip_code": zip_code,
            "timezone": practice.timezone,
        },
    )
    if not created:
        return
    TeamMember.objects.create(id=demo_id(400 + practice.number), provider=provider, name="Alex Kim", title="PT")
    OpeningHours.objects.bulk_create(
        OpeningHours(provider=provider, weekday=weekday, opens=time(8), closes=time(18)) for weekday in range(7)
    )
    Service.objects.bulk_create(
        Service(
            id=demo_id(500 + 10 * practice.number + number),
            provider=provider,
            name=name,
            category="Medical",
            duration_minutes=minutes,
            price_cents=cents,
        )
        for number, name, minutes, cents in _SERVICES
    )


def allowed() -> bool:
    """The demonstration's password is public: it exists only in development and tests."""
    return bool(settings.DEBUG or settings.TESTING)
