"""What the nightly check looks at, in a database of some years."""

import pytest
from grown import Grown, vacuum
from patterns import made

from bookings import reconciliation as books
from bookings.models import Booking


@pytest.fixture
def grown(patient, provider, time):
    """Some hundred bookings of three years, some to come, some that wait."""
    grown = Grown(made(patient, provider, time), patient, provider, [provider.id], patients=40)
    grown.grow(400)
    vacuum()
    return grown


def test_a_database_that_was_grown_by_sql_balances(grown):
    assert Booking.objects.count() > 400
    assert books.check_books(with_vendor=False) == []
