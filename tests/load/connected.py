"""Practices that have a calendar connected, each an account of its own: half of them at Google, half at Microsoft."""

from datetime import time

from calendar_accounts import VENDORS, Desk
from cast import Person

from findr.accounts.models import AccountRole, User
from providers.models import OpeningHours, Provider, Service


def connected_practices(number, sandbox):
    """So many; of each what a wish for a visit of an hour says of it."""
    return [_practice(index, VENDORS[index % len(VENDORS)], sandbox) for index in range(number)]


def _practice(index, vendor, sandbox):
    account = User.objects.create(
        email=f"desk{index}@example.test", role=AccountRole.PROVIDER, first_name="D", last_name="K"
    )
    provider = Provider.objects.create(
        account=account,
        practice_name=f"Practice {index}",
        provider_types=["Medical"],
        status=Provider.Status.APPROVED,
        email=account.email,
        timezone="America/Denver",
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(provider=provider, weekday=weekday, opens=time(8), closes=time(18)) for weekday in range(7)
    )
    service = Service.objects.create(
        provider=provider, name="Visit", category="Medical", duration_minutes=60, price_cents=15_000
    )
    Desk(Person(account, provider), sandbox, vendor).connect(f"calendar{index}@example.test")
    return {"providerId": str(provider.id), "serviceId": str(service.id)}
