"""The time guard: one constraint on every path, and holds that come and go with their reasons."""

from datetime import timedelta
from uuid import uuid4

import pytest
from cast import RIDGE, fresh
from django.db import IntegrityError, transaction

from bookings import holds
from bookings import reconciliation as books
from bookings.errors import SlotTaken
from bookings.models import TimeHold
from findr import clock
from providers.models import Provider

Kind = TimeHold.Kind


def hold(owner, first, last, *, lane=RIDGE, kind=Kind.BOOKING):
    """Take [first, last) hours from now."""
    base = clock.now().replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        holds.take_time(
            lane=lane,
            owner=owner,
            start=base + timedelta(hours=first),
            end=base + timedelta(hours=last),
            kind=kind,
            patient_id=uuid4(),
            lapses_at=clock.now() + timedelta(minutes=5) if kind == Kind.RESERVATION else None,
        )


@pytest.mark.parametrize("kind", Kind)
def test_a_stranger_never_overlaps_whatever_the_kind(stage, kind):
    hold(uuid4(), 10, 11, kind=kind)

    for first, last in ((10, 11), (9, 12), (10.25, 10.5), (10.5, 11.5), (9.5, 10.5)):
        with pytest.raises(SlotTaken):
            hold(uuid4(), first, last)
    hold(uuid4(), 11, 12)
    hold(uuid4(), 9, 10)
    hold(uuid4(), 10, 11, lane=uuid4())


def test_a_bookings_own_holds_may_overlap(stage):
    owner = uuid4()

    hold(owner, 10, 11)
    hold(owner, 10.5, 11.5, kind=Kind.SUGGESTION)

    assert TimeHold.objects.count() == 2


def test_the_constraint_stands_behind_the_function(stage):
    """Rows that go around `take_time` meet the same wall."""
    hold(uuid4(), 10, 11)
    taken = TimeHold.objects.get()

    with pytest.raises(IntegrityError, match="time_hold_no_strangers_overlap"):
        TimeHold.objects.create(lane=taken.lane, owner=uuid4(), during=taken.during, kind=Kind.BOOKING)


def test_a_request_that_held_its_time_holds_it_once_when_confirmed(patient, provider):
    Provider.objects.update(requests_hold_time=True)
    booking = patient.has_asked()
    assert TimeHold.objects.get(owner=booking.id).kind == "request"

    provider.post(f"/api/bookings/{booking.id}/confirm")

    assert TimeHold.objects.get(owner=booking.id).kind == "booking"


def test_holds_of_the_past_are_deleted_after_a_day(patient, provider, time):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")

    time.set(booking.end + timedelta(hours=23))
    assert holds.delete_past_holds() == 0
    time.set(booking.end + timedelta(hours=25))
    assert holds.delete_past_holds() == 1

    assert books.check_books() == []
    assert fresh(booking.id).state == "confirmed"
