"""Many at once, with real threads and real commits: exactly one wins, and the money follows the winner.

`negative` tests take the mechanism away and show that the same race then has more than one winner.
"""

import random
import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from cast import fresh, run_jobs, sweep, wish_at
from concurrency.together import at_once, races
from django.db import connection, transaction

from bookings import reconciliation as books
from bookings import transitions
from bookings.actors import JOB
from bookings.models import Booking, TimeHold
from bookings.services.expiry import expire_booking, expire_bookings, expire_overdue
from findr import clock

CONSTRAINT = "time_hold_no_strangers_overlap"


def all_ask(crowd, **wish):
    body = wish_at(**wish)
    return at_once(*(lambda person=person: person.post("/api/bookings", body) for person in crowd))


def ask_behind_a_gate(people):
    """All of them ask for one time, and nobody takes it before two of them have seen it free; their answers."""
    body, closed = wish_at(), threading.Event()

    def ask(person):
        assert closed.wait(30)
        return person.post("/api/bookings", body)

    *answers, _ = at_once(*(lambda person=person: ask(person) for person in people), lambda: gate(closed, waiting=2))
    return answers


def gate(closed, *, waiting):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE bookings_timehold IN SHARE MODE")
        closed.set()
        for _ in range(1000):
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'bookings_timehold'::regclass"
            )
            if cursor.fetchone()[0] >= waiting:
                return
            cursor.execute("SELECT pg_sleep(0.01)")


@pytest.mark.lesson(3, 4)
def test_of_fifty_for_one_instant_time_one_wins_and_no_loser_reaches_the_vendor(crowd, sandbox, settings):
    settings.CALENDAR_READER = "readers.Free"

    answers = all_ask(crowd)

    assert sorted(answer.status for answer in answers) == [201] + [409] * 49
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {"slot_taken"}
    assert Booking.objects.count() == TimeHold.objects.count() == 1
    assert [call["path"] for call in sandbox.log()] == ["/v1/payment_intents"]
    assert sandbox.stripe.totals()["received"] == 15000
    assert books.check_books() == []


@pytest.mark.lesson(3)
def test_negative_without_the_constraint_the_same_race_has_many_winners(crowd, settings):
    settings.CALENDAR_READER = "readers.Free"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [CONSTRAINT])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE bookings_timehold DROP CONSTRAINT {CONSTRAINT}")
    try:
        answers = ask_behind_a_gate(crowd[:4])

        assert [answer.status for answer in answers].count(201) > 1
        assert "overlap" in {finding.invariant for finding in books.check_books(with_vendor=False)}
    finally:
        TimeHold.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE bookings_timehold ADD CONSTRAINT {CONSTRAINT} {definition}")


@pytest.mark.lesson(3)
def test_of_those_who_all_saw_the_time_free_one_wins(crowd, settings):
    """The same as the negative control, with the constraint in its place."""
    settings.CALENDAR_READER = "readers.Free"

    answers = ask_behind_a_gate(crowd[:4])

    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]


@pytest.mark.lesson(3)
def test_partial_overlaps_race_like_equal_times(crowd, settings):
    settings.CALENDAR_READER = "readers.Free"
    bodies = [wish_at(hour=10 + number // 4, minute=number % 4 * 15) for number in range(24)]

    at_once(
        *(
            lambda person=person, body=body: person.post("/api/bookings", body)
            for person, body in zip(crowd, bodies, strict=False)
        )
    )

    taken = sorted(Booking.objects.filter(state="confirmed").values_list("start", "end"))
    assert taken
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(taken))
    assert books.check_books() == []


def test_one_patient_asking_many_times_at_once_gets_one_booking(patient, no_limits):
    body = wish_at()

    answers = at_once(*[lambda: patient.post("/api/bookings", body)] * 12)

    assert sorted(answer.status for answer in answers) == [201] + [409] * 11
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {"duplicate_booking"}


def test_the_number_of_open_requests_holds_at_once(patient, settings, no_limits):
    settings.MAX_OPEN_REQUESTS = 3
    bodies = [wish_at(days=day) for day in range(2, 14)]

    answers = at_once(*(lambda body=body: patient.post("/api/bookings", body) for body in bodies))

    assert sorted(answer.status for answer in answers) == [201] * 3 + [409] * 9


@pytest.mark.lesson(20)
def test_a_confirm_and_a_decline_at_once_have_one_winner(patient, provider, sandbox, no_limits, figures):
    wins = {"confirm": 0, "decline": 0}
    for number in races(lambda: all(wins.values())):
        booking = patient.has_asked(**wish_at(days=1 + number // 20, hour=3 + number % 20))

        confirmed, declined = at_once(
            lambda: provider.post(f"/api/bookings/{booking.id}/confirm"),  # noqa: B023
            lambda: provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "no"}),  # noqa: B023
        )

        assert (confirmed.status == 200) != (declined.status == 200)
        loser = declined if confirmed.status == 200 else confirmed
        assert loser.body["code"] in ("booking_not_pending", "decision_in_progress")
        wins["confirm" if confirmed.status == 200 else "decline"] += 1

    figures.append(f"confirm against decline, {sum(wins.values())} times: {wins}")
    assert all(wins.values())
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000 * wins["confirm"], "refunded": 0}
    assert books.check_books() == []


@pytest.mark.lesson(20)
def test_a_confirm_and_an_expiry_at_once_have_one_winner(patient, provider, sandbox, no_limits, figures):
    """The deadline falls into the confirm: a few milliseconds decide which of the two comes first."""
    wins = {"confirm": 0, "expire": 0}
    ways = (
        lambda booking_id: expire_booking(booking_id=booking_id, actor=JOB),
        lambda booking_id: expire_bookings(booking_ids=[booking_id], actor=JOB) or None,
    )

    def expire(booking, number):
        while True:
            threading.Event().wait(0.002)  # Leaves the processor to the confirm between two looks.
            if expired := ways[number % 2](booking.id):
                return expired
            if fresh(booking.id).state != "pending_confirmation":
                return None

    for number in races(lambda: all(wins.values())):
        booking = patient.has_asked(**wish_at(days=1 + number // 20, hour=3 + number % 20))
        deadline = clock.now() + timedelta(milliseconds=random.uniform(0, 120))
        Booking.objects.filter(id=booking.id).update(expires_at=deadline)

        confirmed, expired = at_once(
            lambda: provider.post(f"/api/bookings/{booking.id}/confirm"),  # noqa: B023
            lambda: expire(booking, number),  # noqa: B023
        )
        run_jobs()

        assert (confirmed.status == 200) != (expired is not None)
        state, payment = fresh(booking.id).state, fresh(booking.id).payment.state
        assert (state, payment) == (("expired", "released") if expired else ("confirmed", "paid"))
        wins["expire" if expired else "confirm"] += 1

    figures.append(f"confirm against expiry, {sum(wins.values())} times: {wins}")
    assert all(wins.values())
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000 * wins["confirm"], "refunded": 0}
    assert books.check_books() == []


def test_many_sweeps_at_once_expire_each_booking_once(patient, other_patient, time, settings, no_limits):
    settings.EXPIRY_BATCH = 3
    for day in range(2, 8):
        patient.has_asked(**wish_at(days=day))
        other_patient.has_asked(**wish_at(days=day, hour=14))
    time.passes(hours=25)

    runs = at_once(*[expire_overdue] * 6)

    expired = [booking_id for run in runs for booking_id in run.expired]
    assert len(expired) == len(set(expired)) == 12
    assert not any(run.failed for run in runs)
    assert books.check_books() == []


def test_many_runs_of_one_operation_make_one_call(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({"path": "/v1/payment_intents/*/capture", "action": "drop_before"})
    provider.post(f"/api/bookings/{booking.id}/confirm")
    time.passes(seconds=31)

    ran = at_once(*[sweep] * 8)

    assert sum(ran) >= 1
    captures = [call for call in sandbox.log() if call["path"].endswith("/capture") and call["status"] == 200]
    assert len(captures) == 1
    assert fresh(booking.id).events.filter(event_type="confirmed").count() == 1


def test_negative_without_the_lock_both_decisions_win(patient):
    """A copy of the decision without the row lock: both read "pending", and both go on."""
    booking = patient.has_asked()
    read = threading.Barrier(2)

    def decide(to):
        seen = Booking.objects.get(id=booking.id)
        read.wait(10)
        if seen.state == "pending_confirmation":
            transitions.save(seen, decline_reason=to)
            return True
        return False

    assert at_once(lambda: decide("one"), lambda: decide("other")) == [True, True]
