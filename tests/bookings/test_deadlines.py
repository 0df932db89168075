"""When something is overdue and how urgent it is: each rule once, and the rows that a query finds are those it means."""

from datetime import timedelta

import pytest

from bookings import deadlines
from bookings.models import Booking
from bookings.states import WAITING, State

# From long before the deadline until after it; each rule turns at one of these moments, or does not turn at all.
BEFORE = [timedelta(hours=12), timedelta(hours=6, microseconds=1), timedelta(hours=6), timedelta(hours=4)]
AROUND = [timedelta(microseconds=1), timedelta(0), timedelta(microseconds=-1), timedelta(days=-1)]
RULES = [
    (deadlines.is_unanswered, deadlines.unanswered),
    (deadlines.has_run_out, deadlines.run_out),
    (deadlines.is_urgent, deadlines.urgent),
]


@pytest.mark.parametrize("state", State)
def test_a_query_finds_what_the_rule_means(patient, in_state, state):
    asked = patient.has_asked()
    deadline, booking = asked.expires_at, in_state(asked, state)
    moments = [deadline - left for left in (*BEFORE, *AROUND)]

    for rule, condition in RULES:
        meant = [rule(booking, now) for now in moments]
        found = [Booking.objects.filter(condition(now)).exists() for now in moments]
        left_out = [Booking.objects.exclude(condition(now)).exists() for now in moments]

        assert found == meant, rule.__name__
        assert left_out == [not one for one in meant], rule.__name__


@pytest.mark.parametrize("state", State)
def test_what_waits_is_late_from_its_deadline_on(patient, in_state, state):
    asked = patient.has_asked()
    deadline, booking = asked.expires_at, in_state(asked, state)

    def told(rule):
        return [rule(booking, deadline - left) for left in AROUND]

    late = [False, True, True, True]
    answered = state in (State.PENDING_CONFIRMATION, State.RESCHEDULE_PROPOSED)
    assert told(deadlines.is_overdue) == (late if state in WAITING else [False] * 4)
    assert told(deadlines.is_unanswered) == (late if answered else [False] * 4)
    assert told(deadlines.is_answerable) == ([not one for one in late] if answered else [False] * 4)
    assert told(deadlines.has_run_out) == (late if answered or state == State.PENDING_PAYMENT else [False] * 4)


@pytest.mark.parametrize(
    ("left", "urgency", "is_urgent"),
    [
        (timedelta(hours=12), "low", False),
        (timedelta(hours=12, microseconds=-1), "medium", False),
        (timedelta(hours=6), "medium", False),
        (timedelta(hours=6, microseconds=-1), "medium", True),
        (timedelta(hours=4), "medium", True),
        (timedelta(hours=4, microseconds=-1), "high", True),
        (timedelta(microseconds=1), "high", True),
        (timedelta(0), "high", False),
        (timedelta(hours=-1), "high", False),
    ],
)
def test_urgency_grows_as_the_deadline_comes_near(patient, left, urgency, is_urgent):
    booking = patient.has_asked()
    now = booking.expires_at - left

    assert deadlines.urgency(booking, now) == urgency
    assert deadlines.is_urgent(booking, now) is is_urgent
    assert deadlines.time_left(booking, now) == max(timedelta(0), left)
