"""One thing that cannot be done keeps nothing else waiting, in this run or in the next."""

import pytest
from cast import fresh, wish_at
from django.db import connection
from stripe_events import deliver, event

from bookings import tasks
from bookings.models import Booking, StripeEvent
from findr import clock

HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"


@pytest.fixture
def stubborn(patient):
    """A request whose every change the database refuses."""
    booking = patient.has_asked()
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no'; END $$ LANGUAGE plpgsql;
            CREATE TRIGGER refuse BEFORE UPDATE OF state ON bookings_booking FOR EACH ROW
            WHEN (NEW.id = '{booking.id}') EXECUTE FUNCTION refuse();
        """)
    yield booking
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse CASCADE")


def advisory_locks():
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        return cursor.fetchone()[0]


def test_a_booking_that_cannot_expire_stops_no_other_now_or_later(stubborn, patient, other_patient, time):
    others = [patient.has_asked(**wish_at(days=9)), other_patient.has_asked(**wish_at(days=10))]
    time.passes(hours=25)

    tasks.expire_requests()
    first = [fresh(booking.id).state for booking in others]
    late = other_patient.has_asked(**wish_at(days=12))
    Booking.objects.filter(id=late.id).update(expires_at=clock.now())
    tasks.expire_requests()

    assert first == ["expired", "expired"]
    assert fresh(late.id).state == "expired"
    assert fresh(stubborn.id).state == "pending_confirmation"
    assert advisory_locks() == 0


def test_an_event_that_cannot_be_heard_stops_no_other_now_or_later(stubborn, patient, sandbox, time):
    other = patient.has_asked(**wish_at(days=9))
    for booking in (stubborn, other):
        sandbox.stripe.cancel(booking.payment.intent_id)
        assert deliver(event("payment_intent.canceled", sandbox.stripe.intent(booking.payment.intent_id))).status == 200
    time.passes(seconds=1)

    tasks.sweep_events()

    assert StripeEvent.objects.filter(processed_at=None).count() == 1
    assert fresh(other.id).state == "payment_failed"
    assert advisory_locks() == 0
