"""`?status=`: which bookings a word of the wire means, and the order that goes with it (contract 6.3)."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet

from bookings.models import Booking
from bookings.states import CANCELLED, VISITS, WAITING, State
from findr.errors import Invalid

_QUEUE_WORDS = {"pending", *WAITING}  # They have an order of their own.
# Longer than any visit. What is not over has begun since then: said beside `end`, it spares the database all that ever was.
LONGEST_VISIT = timedelta(days=1)


def with_status(words: str, audience: str, *, now: Any, recently: Any) -> Q:
    """The condition behind `?status=`: one word, or several separated by commas (contract 6.3).

    `now`, and `recently`, `LONGEST_VISIT` before it, are moments, or their places in a compiled query.

    Raises:
        Invalid: an unknown word.
    """
    condition = Q(pk__in=[])
    for word in words.split(","):
        condition |= _one_status(word.strip(), audience, now, recently)
    return condition


def _one_status(word: str, audience: str, now: Any, recently: Any) -> Q:
    over = Q(state__in=[State.COMPLETED, State.NO_SHOW]) | Q(state__in=VISITS, end__lte=now)
    # A constraint has it that whatever waits, and nothing else, has a deadline; there is an index of those alone.
    waiting = Q(expires_at__isnull=False)
    words = {word: Q(state=word) & waiting if word in WAITING else Q(state=word) for word in State} | {
        "pending": Q(state__in=WAITING) & waiting,
        "upcoming": Q(state__in=VISITS, end__gt=now, start__gt=recently),
        "past": over,
        "cancelled": Q(state__in=[*CANCELLED, State.EXPIRED, State.PAYMENT_FAILED]),
        "all": Q(),
    }
    words |= {
        "patient": {"completed": over},
        "provider": {"pending_confirmation": Q(state__in=[State.PENDING_CONFIRMATION, State.CONFIRMING]) & waiting},
        "staff": {"in_progress": Q(state__in=[State.CHECKED_IN, State.IN_PROGRESS])},
    }[audience]
    if word not in words:
        raise Invalid("status is invalid", status="status is invalid")
    # Q() means "everything", but an empty Q disappears from a union.
    return words[word] or Q(pk__isnull=False)


def in_order(bookings: QuerySet[Booking], words: str) -> QuerySet[Booking]:
    """The order that goes with a status filter (contract 6.3)."""
    asked = {word.strip() for word in words.split(",")} if words else set()
    if asked and asked <= _QUEUE_WORDS:
        return bookings.order_by("expires_at", "id")
    if asked == {"upcoming"}:
        return bookings.order_by("start", "id")
    return bookings.order_by("-start", "id")
