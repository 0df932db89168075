"""A crowd, and no limit on how often it may knock."""

import pytest
from cast import Person

from findr.accounts.models import User


@pytest.fixture
def no_limits(settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")


@pytest.fixture
def crowd(stage, settings):
    """Fifty patients, none of whom is turned away for want of room: where one process is a crowd's, a slow machine has none."""
    settings.VENDOR_QUEUE_SECONDS = 30
    people = [User(email=f"crowd{number}@example.test", role="patient") for number in range(50)]
    return [Person(user) for user in User.objects.bulk_create(people)]
