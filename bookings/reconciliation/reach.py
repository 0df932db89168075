"""What the nightly check looks at: what may have changed of late, and what time alone can break. Not all of time.

Once a booking waits no more, its visit is over and its money has settled, nothing changes it by itself. Whoever does change it,
be it a person, a job or the vendor's word, writes a line of its history, and if money moves opens an operation. So these are in
reach:

- what has a line of history of the last `BOOKS_DAYS` days, which are never fewer than those for which frames are kept;
- what waits, since its deadline may pass; a confirmed visit until so many days after it, since it must hold its time;
- a payment on its way, and an operation that nobody has finished, however old;
- what a check has found, until one finds it gone.

Time holds and feeds are looked at in whole: what is over is deleted from them. The vendor is asked about the payments made in
these days, and about what was found there. What lies out of reach can only be broken by hand, in the database or at the vendor
without a word of it: `check_books --all` looks at it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from bookings.models import BookFinding, Booking, BookingEvent, Payment, PaymentOperation
from bookings.payments.operations import KIND_AT_WORK
from bookings.states import WAITING, State
from findr import clock


def begins() -> datetime:
    """The moment since when whatever was changed is in reach."""
    return clock.now() - timedelta(days=settings.BOOKS_DAYS)


def bookings_since(since: datetime) -> list[UUID]:
    """The bookings in reach, in order; one statement."""
    first, *others = _reasons(since)
    return sorted(booking_id for (booking_id,) in first.union(*others))


def _reasons(since: datetime) -> Iterator[QuerySet[Any, Any]]:
    """For each reason the bookings that have it, found by an index that knows no others."""
    yield BookingEvent.objects.filter(created_at__gte=since).order_by().values_list("booking_id")
    yield Booking.objects.filter(state__in=WAITING).order_by().values_list("id")
    yield Booking.objects.filter(state=State.CONFIRMED, start__gte=since).order_by().values_list("id")
    yield Payment.objects.filter(state__in=list(KIND_AT_WORK)).values_list("booking_id")
    pending = PaymentOperation.objects.filter(state=PaymentOperation.Status.PENDING)
    yield pending.order_by().values_list("payment__booking_id")
    open_ones = BookFinding.objects.filter(resolved_at=None).exclude(booking_id=None)
    yield open_ones.order_by().values_list("booking_id")
