"""Until when something waits, and how urgent that is (contract 6.3, 6.5, 11.1): each rule once.

Where rows are asked for as well, the condition of the query stands below the predicate; a test holds them against each
other. The moment of a deadline itself is too late.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Q

from bookings.models import Booking
from bookings.states import ANSWERABLE, State

# What ends by itself: a checkout, a request, suggested times. `confirming` ends when the vendor has answered.
_ENDS_BY_ITSELF = (State.PENDING_PAYMENT, *ANSWERABLE)

_URGENT = timedelta(hours=6)
_HIGH, _MEDIUM = timedelta(hours=4), timedelta(hours=12)


class Urgency(StrEnum):
    """How soon an answer is wanted: within four hours, within twelve, later."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def is_overdue(booking: Booking, now: datetime) -> bool:
    """Whether the deadline has passed, in whatever state it waits."""
    return booking.expires_at is not None and booking.expires_at <= now


def is_unanswered(booking: Booking, now: datetime) -> bool:
    """Whether it waits for an answer that comes too late."""
    return booking.state in ANSWERABLE and is_overdue(booking, now)


def unanswered(now: datetime) -> Q:
    """The same of rows."""
    return Q(state__in=ANSWERABLE, expires_at__lte=now)


def is_answerable(booking: Booking, now: datetime) -> bool:
    """Whether it waits for an answer, and in time."""
    return booking.state in ANSWERABLE and not is_overdue(booking, now)


def has_run_out(booking: Booking, now: datetime) -> bool:
    """Whether it has to end because its time is over: a checkout too, which nobody answers."""
    return booking.state in _ENDS_BY_ITSELF and is_overdue(booking, now)


def run_out(now: datetime) -> Q:
    """The same of rows."""
    return Q(state__in=_ENDS_BY_ITSELF, expires_at__lte=now)


def is_urgent(booking: Booking, now: datetime) -> bool:
    """Whether less than six hours are left, and some are."""
    return booking.expires_at is not None and now < booking.expires_at < now + _URGENT


def urgent(now: datetime) -> Q:
    """The same of rows."""
    return due_between(now, urgent_before(now))


def urgent_before(now: datetime) -> datetime:
    """The first deadline that is not urgent any more."""
    return now + _URGENT


def due_between(after: Any, before: Any) -> Q:
    """Rows whose deadline lies between two moments, or between the places of two in a compiled query."""
    return Q(expires_at__gt=after, expires_at__lt=before)


def time_left(booking: Booking, now: datetime) -> timedelta:
    """Until the deadline, never below zero."""
    return max(timedelta(0), booking.expires_at - now) if booking.expires_at else timedelta(0)


def urgency(booking: Booking, now: datetime) -> Urgency:
    """How soon the answer is wanted."""
    left = time_left(booking, now)
    return Urgency.HIGH if left < _HIGH else Urgency.MEDIUM if left < _MEDIUM else Urgency.LOW
