"""Patients and practices answering each other at one moment: one decision wins, the money follows it, the feed tells it.

Each race runs so often that either side wins some of the time; what may come out of one run is checked in every run.
"""

import random
import threading
from collections import Counter
from datetime import timedelta

import pytest
from cast import fresh, wish_at
from concurrency.together import at_once, races
from django.db import connection

from bookings import reconciliation as books
from bookings.models import BookingEvent, SuggestedTime, TimeHold
from bookings.services.answers import confirm_booking
from bookings.services.suggestions import suggest_times
from findr.errors import FindrError
from findr.vendors.budget import Budget

LOST = {"booking_not_pending", "booking_not_cancellable", "decision_in_progress"}


def captures(sandbox):
    return [call for call in sandbox.log() if call["path"].endswith("/capture") and call["status"] == 200]


def act(person, booking, action, body=None):
    return person.post(f"/api/bookings/{booking.id}/{action}", body)


def slot(number, days=2):
    """A time of its own for each run."""
    return wish_at(days=days + number // 20, hour=3 + number % 20)


def suggested(patient, provider, number):
    """A request with one open suggestion, so much later that no other run asks for that time."""
    provider.provider.maximum_advance_days = 365
    provider.provider.save()
    booking = patient.has_asked(**slot(number))
    later = [booking.start + timedelta(days=100)]
    return suggest_times(booking_id=booking.id, starts=later, message="", actor=provider.actor)


def raced(one, other):
    """Both at once; each a little late by turns, so that neither always wins. Their answers."""
    head_start = random.uniform(-0.02, 0.02)

    def after(delay, thing):
        threading.Event().wait(max(0.0, delay))
        return thing()

    return at_once(lambda: after(head_start, one), lambda: after(-head_start, other))


# --- One time, many confirms -------------------------------------------------------------------------------------------
def by_staff(staff, booking):
    """As the admin does it: the service, and its refusals as they are."""
    try:
        confirm_booking(booking_id=booking.id, note="", actor=staff.actor, budget=Budget())
    except FindrError as refusal:
        return refusal.status, refusal.code
    return 200, None


def by_portal(provider, booking):
    answer = act(provider, booking, "confirm")
    return answer.status, answer.body.get("code")


@pytest.mark.lesson(1, 2)
@pytest.mark.parametrize("minute", [0, 30])
def test_of_two_overlapping_requests_one_is_confirmed_whoever_confirms(
    patient, other_patient, provider, staff, sandbox, no_limits, figures, minute
):
    wins = Counter()
    for number in range(10):
        one = patient.has_asked(**wish_at(days=2 + number))
        other = other_patient.has_asked(**wish_at(days=2 + number, minute=minute))
        calls = [(who, booking) for booking in (one, other) for who in (by_portal, by_staff) for _ in range(3)]
        random.shuffle(calls)

        said = at_once(
            *(
                lambda who=who, booking=booking: who(provider if who is by_portal else staff, booking)
                for who, booking in calls
            )
        )

        winner, loser = sorted((fresh(one.id), fresh(other.id)), key=lambda booking: booking.state != "confirmed")
        assert (winner.state, winner.payment.state) == ("confirmed", "paid")
        assert (loser.state, loser.payment.state) == ("pending_confirmation", "held")
        for (_, booking), (status, code) in zip(calls, said, strict=True):
            if booking.id == winner.id:
                assert status in (200, 202)
            else:
                assert (status, code) == (409, "slot_taken")
        assert sandbox.stripe.intent(loser.payment.intent_id)["status"] == "requires_capture"
        answer = suggest_or_decline(provider, loser, number)
        assert answer.status == 200
        wins["first" if winner.id == one.id else "second"] += 1

    figures.append(f"12 confirms of two overlapping requests, 10 times: {dict(wins)}")
    assert len(captures(sandbox)) == 10
    assert books.check_books() == []


def suggest_or_decline(provider, booking, number):
    """The loser stays answerable: by other times, or by a no."""
    if number % 2:
        return act(provider, booking, "decline", {"reason": "taken"})
    start = f"{wish_at(days=20 + number)['appointmentDate']}T10:00"
    return act(provider, booking, "reschedule", {"proposedStart": start})


def test_negative_without_the_guard_both_requests_are_confirmed(patient, other_patient, provider):
    """Without the exclusion constraint the same two confirms both win."""
    name = "time_hold_no_strangers_overlap"
    one, other = patient.has_asked(), other_patient.has_asked()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE bookings_timehold DROP CONSTRAINT {name}")
    try:
        said = at_once(lambda: by_portal(provider, one), lambda: by_portal(provider, other))

        assert [status for status, _ in said] == [200, 200]
        assert "overlap" in {finding.invariant for finding in books.check_books(with_vendor=False)}
    finally:
        TimeHold.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE bookings_timehold ADD CONSTRAINT {name} {definition}")


# --- Accepting ---------------------------------------------------------------------------------------------------------
@pytest.mark.lesson(1, 13)
@pytest.mark.parametrize("times", [1, 3])
def test_sixteen_accepts_at_once_capture_once(patient, provider, sandbox, no_limits, figures, times):
    booking = patient.has_asked()
    starts = [f"{wish_at(days=8 + number)['appointmentDate']}T10:00" for number in range(times)]
    act(provider, booking, "suggest-times", {"proposedTimes": [{"start": start} for start in starts]})
    ids = [str(one.id) for one in SuggestedTime.objects.all()]

    said = at_once(
        *(
            lambda chosen=ids[number % times]: act(
                patient, booking, "accept-suggested-time", {"suggestedTimeId": chosen}
            )
            for number in range(16)
        )
    )

    statuses = Counter(answer.status for answer in said)
    figures.append(f"16 accepts of {times} suggestion(s) at once: {dict(statuses)}")
    assert statuses[200] == 1
    assert {answer.body["code"] for answer in said if answer.status in (400, 409)} <= LOST
    assert set(statuses) <= {200, 202, 400, 409}
    assert len(captures(sandbox)) == 1
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 0}
    accepted = fresh(booking.id)
    (winner,) = [answer for answer in said if answer.status == 200]
    assert (accepted.state, accepted.payment.state) == ("confirmed", "paid")
    assert winner.body["booking"]["appointmentDate"] == f"{accepted.start:%Y-%m-%dT%H:%M:%SZ}"
    assert TimeHold.objects.get().during.lower == accepted.start
    assert BookingEvent.objects.filter(event_type="reschedule_accepted").count() == 1
    assert books.check_books() == []


@pytest.mark.lesson(21)
def test_an_accept_against_a_decline_of_all_has_one_winner(patient, provider, sandbox, no_limits, figures):
    wins = Counter()
    for number in races(lambda: len(wins) == 2):
        booking = suggested(patient, provider, number)

        accepted, declined = raced(
            lambda: act(patient, booking, "accept-reschedule"),  # noqa: B023
            lambda: act(patient, booking, "decline-suggested-times"),  # noqa: B023
        )

        assert (accepted.status == 200) != (declined.status == 200)
        loser = declined if accepted.status == 200 else accepted
        assert loser.body["code"] in LOST
        now = fresh(booking.id)
        assert (now.state, now.payment.state) == (
            ("confirmed", "paid") if accepted.status == 200 else ("cancelled_patient", "released")
        )
        wins["accept" if accepted.status == 200 else "decline"] += 1

    figures.append(f"accept against decline-suggested-times, {wins.total()} times: {dict(wins)}")
    assert len(wins) == 2
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000 * wins["accept"], "refunded": 0}
    assert books.check_books() == []


def who_came_first(decided, cancelled, booking):
    """A decision against a cancellation: which of the three ways it went; no fourth is right."""
    now = fresh(booking.id)
    match decided.status, cancelled.status:
        case 200, 200:  # Confirmed, and called off afterwards: charged, and all of it given back.
            assert (now.state, now.payment.state) == ("cancelled_patient", "refunded")
            return "both"
        case 200, _:
            assert cancelled.body["code"] == "decision_in_progress"
            assert (now.state, now.payment.state) == ("confirmed", "paid")
            return "decision"
        case _, 200:
            assert decided.body["code"] == "booking_not_pending"
            assert (now.state, now.payment.state) == ("cancelled_patient", "released")
            return "cancel"
    raise AssertionError(decided, cancelled)


def seen_both(wins):
    """Whether each side has come first at least once."""
    return wins["cancel"] and wins["decision"] + wins["both"]


def settled(sandbox, wins):
    received = wins["both"] + wins["decision"]
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000 * received, "refunded": 15000 * wins["both"]}
    assert len(captures(sandbox)) == received
    assert books.check_books() == []


@pytest.mark.lesson(21)
def test_an_accept_against_a_cancellation(patient, provider, sandbox, no_limits, figures):
    wins = Counter()
    for number in races(lambda: seen_both(wins)):
        booking = suggested(patient, provider, number)

        both = raced(
            lambda: act(patient, booking, "accept-reschedule"),  # noqa: B023
            lambda: act(patient, booking, "cancel"),  # noqa: B023
        )
        wins[who_came_first(*both, booking)] += 1

    figures.append(f"accept against cancel, {wins.total()} times: {dict(wins)}")
    assert seen_both(wins)
    settled(sandbox, wins)


@pytest.mark.lesson(21)
def test_a_capture_against_a_cancellation(patient, provider, sandbox, no_limits, figures):
    wins = Counter()
    for number in races(lambda: seen_both(wins)):
        booking = patient.has_asked(**slot(number))

        both = raced(
            lambda: act(provider, booking, "confirm"),  # noqa: B023
            lambda: act(patient, booking, "cancel"),  # noqa: B023
        )
        wins[who_came_first(*both, booking)] += 1

    figures.append(f"confirm against cancel, {wins.total()} times: {dict(wins)}")
    assert seen_both(wins)
    settled(sandbox, wins)
