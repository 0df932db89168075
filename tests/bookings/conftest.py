"""What several tests of bookings begin with."""

import pytest
from acts import suggest, wall
from cast import booking_of, fresh, wish_at
from django.db import connection
from frames import bare, feed
from stripe_events import AUTHENTICATION

from bookings import reconciliation as books
from bookings.services.moves import move_visit


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


@pytest.fixture
def visit_before(patient, provider, time):
    """Makes a confirmed visit, and lets time pass until so long before its start."""

    def make(before, **wish):
        booking = patient.has_asked(**{**wish_at(days=7), **wish})
        assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
        time.set(booking.start - before)
        return fresh(booking.id)

    return make


@pytest.fixture
def waiting(patient):
    """A booking whose card holder has to authenticate."""
    return booking_of(patient.asks(paymentMethodId=AUTHENTICATION))


@pytest.fixture
def heard(patient, provider):
    """What both sides hear of something; the parts that every frame has are checked and taken off."""

    def of(thing):
        before = {person.id: feed(person)["lastSeq"] for person in (patient, provider)}
        thing()
        return [bare(feed(person, before[person.id])["events"], before[person.id]) for person in (patient, provider)]

    return of


@pytest.fixture
def moves(staff):
    """Moves a visit to a moment, in the name of a staff member; the rules that may be broken come after it."""

    def move(visit, start, *broken, reason="Dr. Lee is away", **more):
        return move_visit(
            booking_id=visit.id, start=start, reason=reason, broken=frozenset(broken), actor=staff.actor, **more
        )

    return move


@pytest.fixture
def suggested(patient, provider):
    """A booking with three open suggestions."""
    booking = patient.has_asked()
    assert suggest(provider, booking, wall(8, 10), wall(9, 11), wall(8, 14), message="later?").status == 200
    return fresh(booking.id)
