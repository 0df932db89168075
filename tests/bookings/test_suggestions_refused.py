"""Other times that cannot be suggested, and who may not suggest them; nothing changes then."""

from datetime import UTC, datetime, timedelta

import pytest
from acts import accept, act, open_ones, reschedule, suggest, wall
from cast import fresh, in_turn, wish_at
from snapshots import everything

from bookings.states import ANSWERABLE, State
from findr import clock
from findr.api.times import instant


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "At least one alternative time is required"),
        ({"proposedTimes": None}, "At least one alternative time is required"),
        ({"proposedTimes": []}, "At least one alternative time is required"),
        ({"proposedTimes": "soon"}, "proposedTimes is invalid"),
        ({"proposedTimes": {}}, "proposedTimes is invalid"),
        ({"proposedTimes": ["soon"]}, "proposedTimes is invalid"),
        ({"proposedTimes": [{}]}, "proposedTimes is invalid"),
        ({"proposedTimes": [{"start": 5}]}, "proposedTimes is invalid"),
        ({"proposedTimes": [{"start": "2030-01-01T10:00:30"}]}, "proposedTimes is invalid"),
        ({"proposedTimes": [{"start": "2030-01-01"}]}, "proposedTimes is invalid"),
        (
            {"proposedTimes": [{"start": f"2030-01-01T1{n}:00"} for n in range(4)]},
            "Maximum 3 alternative times allowed",
        ),
        (
            {"proposedTimes": [{"start": "2030-01-01T10:00"}, {"start": "2030-01-01T17:00:00Z"}]},
            "Suggested times must differ",
        ),
        ({"proposedTimes": [{"start": "2030-01-01T10:00"}], "message": "x" * 501}, "message is invalid"),
    ],
)
def test_what_is_no_suggestion_is_refused(patient, provider, sandbox, body, error):
    booking = patient.has_asked()
    before = everything(sandbox)

    answer = provider.post(f"/api/bookings/{booking.id}/suggest-times", body)

    assert answer.refusal == (400, "validation", error)
    assert everything(sandbox) == before


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "proposedStart is required"),
        ({"proposedStart": " "}, "proposedStart is required"),
        ({"proposedStart": 7}, "proposedStart is invalid"),
        ({"proposedStart": "tomorrow"}, "proposedStart is invalid"),
    ],
)
def test_what_is_no_reschedule_is_refused(patient, provider, body, error):
    booking = patient.has_asked()

    answer = provider.post(f"/api/bookings/{booking.id}/reschedule", body)

    assert answer.refusal == (400, "validation", error)


@pytest.mark.parametrize(
    ("away", "code"),
    [
        (timedelta(minutes=-1), "time_in_past"),
        (timedelta(minutes=74), "too_soon"),  # The lead of an hour, and 15 minutes to answer.
        (timedelta(days=60, minutes=1), "too_far_ahead"),
    ],
)
def test_each_time_keeps_the_notice_of_the_practice(patient, provider, sandbox, away, code):
    booking = patient.has_asked()
    before = everything(sandbox)
    bad = instant((clock.now() + away).replace(second=0, microsecond=0))

    answer = suggest(provider, booking, wall(), bad)
    single = reschedule(provider, booking, bad)

    assert (answer.status, answer.body["code"], answer.body["index"]) == (400, code, 1)
    assert (single.status, single.body["code"], single.body["index"]) == (400, code, 0)
    assert everything(sandbox) == before


def test_seventy_six_minutes_are_enough(patient, provider):
    booking = patient.has_asked()

    soon = (clock.now() + timedelta(minutes=77)).replace(second=0, microsecond=0)

    assert suggest(provider, booking, instant(soon)).status == 200
    assert fresh(booking.id).expires_at == soon - timedelta(hours=1)


@pytest.mark.lesson(7)
def test_a_time_that_the_clocks_skip_is_named_by_its_index(patient, provider, time, sandbox):
    time.set(datetime(clock.now().year + 1, 3, 1, 12, tzinfo=UTC))
    booking = patient.has_asked()
    march = datetime(clock.now().year, 3, 8, tzinfo=UTC)
    sunday = march + timedelta(days=(6 - march.weekday()) % 7)  # The second of March: 2 a.m. does not exist.
    before = everything(sandbox)

    answer = suggest(provider, booking, wall(), f"{sunday:%Y-%m-%d}T02:30")
    single = reschedule(provider, booking, f"{sunday:%Y-%m-%d}T02:30")

    expected = (400, "time_does_not_exist", "This time does not exist on that day")
    assert (answer.refusal, answer.body["index"]) == (expected, 1)
    assert (single.refusal, single.body["index"]) == (expected, 0)
    assert everything(sandbox) == before


@pytest.mark.lesson(7)
def test_what_is_wrong_with_a_body_is_told_before_what_the_clocks_skip(patient, provider, time, sandbox):
    time.set(datetime(clock.now().year + 1, 3, 1, 12, tzinfo=UTC))
    booking = patient.has_asked()
    march = datetime(clock.now().year, 3, 8, tzinfo=UTC)
    day = f"{march + timedelta(days=(6 - march.weekday()) % 7):%Y-%m-%d}"
    skipped, at_three, half_past_three = f"{day}T02:30", f"{day}T03:00", f"{day}T03:30"
    before = everything(sandbox)

    malformed = suggest(provider, booking, skipped, "soon")
    skipped_twice = suggest(provider, booking, skipped, skipped)
    equal_too = suggest(provider, booking, skipped, at_three, at_three)
    only_skipped = suggest(provider, booking, half_past_three, skipped)  # Not the same, though the clocks jump there.

    assert malformed.refusal == (400, "validation", "proposedTimes is invalid")
    assert skipped_twice.refusal == equal_too.refusal == (400, "validation", "Suggested times must differ")
    assert (only_skipped.refusal[:2], only_skipped.body["index"]) == ((400, "time_does_not_exist"), 1)
    assert everything(sandbox) == before


@pytest.mark.lesson(7)
def test_the_second_of_two_equal_wall_times_can_be_accepted_by_it(patient, provider, time):
    time.set(datetime(clock.now().year + 1, 10, 25, 12, tzinfo=UTC))
    booking = patient.has_asked(**wish_at(days=2))
    november = datetime(clock.now().year, 11, 1, tzinfo=UTC)
    sunday = november + timedelta(days=(6 - november.weekday()) % 7)
    assert suggest(provider, booking, f"{sunday:%Y-%m-%d}T01:30-07:00").status == 200

    answer = accept(patient, booking, selectedDate=f"{sunday:%Y-%m-%d}", selectedTime="1:30 AM")

    assert answer.status == 200
    assert answer.body["booking"]["appointmentDate"] == f"{sunday:%Y-%m-%d}T08:30:00Z"


@pytest.mark.parametrize("state", ANSWERABLE)
def test_a_request_that_waits_can_be_answered_with_other_times(patient, provider, in_state, state):
    booking = in_state(patient.has_asked(), state)

    assert suggest(provider, booking).status == 200
    assert fresh(booking.id).state == "reschedule_proposed"


def test_nothing_else_can_be_answered_with_other_times(patient, provider, sandbox):
    for booking in in_turn(patient.has_asked(), [state for state in State if state not in ANSWERABLE]):
        before = everything(sandbox)

        answer = suggest(provider, booking)

        expected = {
            "pending_payment": (404, "booking_not_found", None),  # Never secured: not there for its provider.
            "confirming": (409, "decision_in_progress", None),
        }.get(booking.state, (400, "booking_not_pending", booking.state))
        assert (*answer.refusal[:2], answer.body.get("currentState")) == expected
        assert everything(sandbox) == before, booking.state


def test_a_bad_time_is_told_before_the_state(patient, provider, in_state):
    booking = in_state(patient.has_asked(), "expired")

    assert suggest(provider, booking, "2020-01-01T10:00").refusal[:2] == (400, "time_in_past")


def test_an_overdue_request_takes_no_suggestions(patient, provider, time, sandbox):
    booking = patient.has_asked()
    time.passes(hours=24, seconds=1)
    before = everything(sandbox)

    answer = suggest(provider, booking)

    assert (answer.refusal[:2], answer.body["currentState"]) == ((400, "booking_not_pending"), "expired")
    assert everything(sandbox) == before


def test_strangers_suggest_nothing(patient, other_patient, other_provider, suggested, sandbox):
    before = everything(sandbox)

    assert suggest(other_provider, suggested).refusal[:2] == (404, "booking_not_found")
    assert suggest(patient, suggested).refusal[:2] == (403, "forbidden")
    for action in ("accept-reschedule", "decline-reschedule", "decline-suggested-times"):
        assert act(other_patient, suggested, action).refusal == (403, "forbidden", "Unauthorized")
        assert act(other_provider, suggested, action).status == 403
    assert accept(other_patient, suggested, open_ones(suggested)[0]).refusal[:2] == (403, "forbidden")
    assert everything(sandbox) == before
