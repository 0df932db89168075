"""A practice's list says how long it is without anybody counting: whatever happens, it is as if it were counted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from acts import suggest
from cast import wish_at
from crowd import fill
from django.db import IntegrityError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from stripe_events import AUTHENTICATION

from bookings import reconciliation as books
from bookings.models import Booking

ALL_AT_ONCE = 8


def lengths(who):
    """As the list says it, and as many as it shows; also where all states are asked for by name."""
    whole = who.get(f"/api/bookings/provider/{who.id}?limit=100").body
    named = who.get(f"/api/bookings/provider/{who.id}?limit=100&status=all").body
    assert named["totalCount"] == whole["totalCount"] == whole["pagination"]["total"]
    return whole["totalCount"], len(whole["bookings"])


def test_a_practice_without_bookings_has_none(provider):
    assert lengths(provider) == (0, 0)


def test_it_is_longer_from_the_moment_in_which_money_is_secured(patient, provider, other_patient, other_provider):
    patient.asks(**wish_at(hour=9, paymentMethodId=AUTHENTICATION))
    assert (Booking.objects.count(), *lengths(provider)) == (1, 0, 0)

    booking = patient.has_asked(**wish_at(hour=10))
    assert lengths(provider) == (1, 1)
    other_patient.has_asked(**wish_at(hour=11))
    assert lengths(provider) == (2, 2)

    assert suggest(provider, booking).status == 200
    patient.post(f"/api/bookings/{booking.id}/decline-reschedule")
    assert lengths(provider) == (2, 2)  # What is over is still there.
    assert lengths(other_provider) == (0, 0)
    assert books.check_books() == []


def test_all_that_become_secured_at_once_are_counted(patient, provider):
    def ask(hour):
        try:
            return patient.asks(**wish_at(days=3 + hour, hour=10)).status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(ALL_AT_ONCE) as pool:
        statuses = list(pool.map(ask, range(ALL_AT_ONCE)))

    number = statuses.count(201)
    assert number >= 2
    assert lengths(provider) == (number, number)


def test_what_is_written_in_bulk_without_the_guards_is_counted(patient, provider):
    fill(provider.provider, patient.user, 30)
    assert lengths(provider) == (30, 30)

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM bookings_booking WHERE state = 'completed'")
        cursor.execute("UPDATE bookings_booking SET secured_at = NULL WHERE state = 'no_show'")
        cursor.execute("SET session_replication_role = DEFAULT")

    left = Booking.objects.filter(secured_at__isnull=False).count()
    assert 0 < left < 30
    assert lengths(provider) == (left, left)


def test_what_is_taken_back_is_not_counted(patient, provider):
    booking = patient.has_asked()
    # It is unsecured, and by the same change confirmed, with money that is only held.
    with pytest.raises(IntegrityError):
        Booking.objects.filter(id=booking.id).update(secured_at=None, state="confirmed")

    assert lengths(provider) == (1, 1)


def test_those_that_stand_are_counted_when_counting_begins(patient, provider):
    patient.has_asked()
    executor = MigrationExecutor(connection)
    newest = executor.loader.graph.leaf_nodes()
    executor.migrate([("bookings", "0025_one_index_of_practice_and_patient")])
    MigrationExecutor(connection).migrate(newest)

    assert lengths(provider) == (1, 1)
    patient.has_asked(**wish_at(hour=14))
    assert lengths(provider) == (2, 2)
