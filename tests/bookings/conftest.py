"""What several tests of bookings begin with."""

import pytest
from cast import fresh
from django.db import connection

from bookings import reconciliation as books


@pytest.fixture
def no_triggers(stage):
    """The database as it would be if somebody had switched its guards off."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.fixture
def visit(patient, provider):
    """A confirmed visit of $150."""
    booking = patient.has_asked()
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
    return fresh(booking.id)


@pytest.fixture
def confirmed(patient, provider):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")
    assert books.check_books() == []
    return fresh(booking.id)
