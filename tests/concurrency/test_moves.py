"""Staff move visits while others want the same time: one of them gets it, and whoever does not keeps what it had."""

import random
import threading
from collections import Counter
from datetime import timedelta

import pytest
from acts import cancel, confirm, later, wish_for
from cast import fresh, wish_at
from concurrency.together import at_once
from django.db import connection

from bookings import reconciliation as books
from bookings.models import Booking, TimeHold
from bookings.policies import Breakable
from bookings.services.moves import move_visit
from findr.errors import FindrError

CONSTRAINT = "time_hold_no_strangers_overlap"
TIMES = 10


@pytest.fixture
def moves(staff, no_limits):
    """A move of a visit, to be made at once with others; gives "moved", or the code of its refusal."""

    def ready(visit, start):
        def move():
            try:
                move_visit(
                    booking_id=visit.id,
                    start=start,
                    reason="asked to",
                    broken=frozenset(Breakable),
                    actor=staff.actor,
                )
            except FindrError as refusal:
                return refusal.code
            return "moved"

        return move

    return ready


@pytest.fixture
def visits(crowd, provider, no_limits):
    """Confirmed visits, an hour apart, of somebody each."""

    def confirmed(number):
        asked = [person.has_asked(**wish_at(hour=8 + n)) for n, person in enumerate(crowd[:number])]
        assert {confirm(provider, booking).status for booking in asked} == {200}
        return [fresh(booking.id) for booking in asked]

    return confirmed


def a_little_late(thing):
    """So that it does not always win against what takes longer."""

    def wait():
        threading.Event().wait(random.uniform(0, 0.05))
        return thing()

    return wait


def held(visit):
    return [hold.during.lower for hold in TimeHold.objects.filter(owner=visit.id)]


@pytest.mark.lesson(2, 55)
def test_of_many_moves_onto_one_time_one_wins_and_the_others_stay(visits, moves):
    booked = visits(6)
    start = later(booked[0], 2)

    said = at_once(*(moves(visit, start + timedelta(minutes=5 * n)) for n, visit in enumerate(booked)))

    assert Counter(said) == {"moved": 1, "slot_taken": 5}
    for visit, word in zip(booked, said, strict=True):
        now = fresh(visit.id)
        assert held(visit) == [now.start]
        assert (now.start == visit.start) == (word == "slot_taken")
    assert books.check_books() == []


def test_negative_without_the_constraint_all_of_them_get_it(visits, moves):
    booked = visits(3)
    start = later(booked[0], 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [CONSTRAINT])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE bookings_timehold DROP CONSTRAINT {CONSTRAINT}")
    try:
        assert at_once(*(moves(visit, start) for visit in booked)) == ["moved"] * 3
        assert "overlap" in {finding.invariant for finding in books.check_books(with_vendor=False)}
    finally:
        TimeHold.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE bookings_timehold ADD CONSTRAINT {CONSTRAINT} {definition}")


@pytest.mark.lesson(2, 3, 55)
def test_a_move_and_instant_bookings_of_its_new_time_have_one_winner(visits, moves, crowd, settings, figures):
    (visit,) = visits(1)
    settings.CALENDAR_READER = "readers.Free"
    wins = Counter()
    for days in range(1, TIMES + 1):
        start = later(visit, days)
        wish = wish_for(start)
        rivals = [lambda person=person: person.asks(**wish).status for person in crowd[1:3]]  # noqa: B023

        said = at_once(a_little_late(moves(visit, start)), *rivals)

        assert sorted(map(str, said)) in (["409", "409", "moved"], ["201", "409", "slot_taken"])
        wins[said[0]] += 1
        assert TimeHold.objects.filter(during__startswith=start).count() == 1

    figures.append(f"a move against two creates, {TIMES} times: {dict(wins)}")
    assert held(visit) == [fresh(visit.id).start]
    assert books.check_books() == []


def test_two_visits_that_would_change_places_neither_do_nor_hang(visits, moves):
    one, other = visits(2)

    for _ in range(TIMES):
        assert at_once(moves(one, other.start), moves(other, one.start)) == ["slot_taken", "slot_taken"]

    assert [held(one), held(other)] == [[one.start], [other.start]]
    assert books.check_books() == []


def test_moving_up_behind_somebody_who_moves_away_never_hangs(visits, moves):
    """Each takes the time that the next one leaves: whoever looks too early is told that it is taken."""
    booked = visits(5)
    last = booked[-1].start
    starts = [*(visit.start for visit in booked[1:]), last + timedelta(hours=1)]

    said = at_once(*(moves(visit, start) for visit, start in zip(booked, starts, strict=True)))

    assert said[-1] == "moved"
    assert set(said) <= {"moved", "slot_taken"}
    assert sorted(start for visit in booked for start in held(visit)) == sorted(
        Booking.objects.values_list("start", flat=True)
    )
    assert books.check_books() == []


@pytest.mark.lesson(21, 22)
def test_a_move_and_a_cancellation_leave_no_time_behind(visits, moves, crowd):
    for number, visit in enumerate(visits(5)):
        start = later(visit, 2)

        said, cancelled = at_once(moves(visit, start), lambda: cancel(crowd[number], visit))  # noqa: B023

        assert (said in ("moved", "booking_not_confirmed"), cancelled.status) == (True, 200)
        assert fresh(visit.id).state == "cancelled_patient"
    assert not TimeHold.objects.exists()
    assert books.check_books() == []


def test_one_visit_moved_twice_at_once_is_where_the_later_move_put_it(visits, moves):
    (visit,) = visits(1)
    starts = [later(visit, 1), later(visit, 2)]

    assert at_once(*(moves(visit, start) for start in starts)) == ["moved", "moved"]

    now = fresh(visit.id)
    assert now.start in starts
    assert held(visit) == [now.start]
    assert now.events.filter(event_type="moved").count() == 2
    assert books.check_books() == []
