"""Whom it is time to remind: a rule for each kind, as a predicate and, below it, as a query; a test holds them together.

A reminder is due from its moment on, however late somebody comes by, until what it is about has come.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from bookings.models import Booking, Reminder
from bookings.states import State

# Kind -> the state in which it is due, and the column whose moment it is about.
_ABOUT = {
    Reminder.Kind.DAY_BEFORE: (State.CONFIRMED, "start"),
    Reminder.Kind.HOUR_BEFORE: (State.CONFIRMED, "start"),
    Reminder.Kind.EXPIRING: (State.PENDING_CONFIRMATION, "expires_at"),
}


def moment_of(booking: Booking, kind: Reminder.Kind) -> datetime | None:
    """The moment that a reminder of this kind would be about; None in a state that has none."""
    state, column = _ABOUT[kind]
    return getattr(booking, column) if booking.state == state else None


def is_due(booking: Booking, kind: Reminder.Kind, now: datetime) -> bool:
    """Whether its moment has passed, and what it is about is still to come."""
    about = moment_of(booking, kind)
    return about is not None and about - kind.before <= now < about


def due(kind: Reminder.Kind, now: datetime) -> QuerySet[Booking]:
    """The same of rows, those that are marked left out; soonest first."""
    state, column = _ABOUT[kind]
    near = Q(**{"state": state, f"{column}__gt": now, f"{column}__lte": now + kind.before})
    marked = Reminder.objects.filter(booking=OuterRef("pk"), kind=kind, due_for=OuterRef(column))
    return Booking.objects.filter(near, ~Exists(marked)).order_by(column)
