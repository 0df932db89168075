"""A page of bookings with all that their checks read of them: payments and histories, two statements in all."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from bookings.models import Booking, BookingEvent, Payment, PaymentOperation
from bookings.reconciliation.finding import Finding, Remedy


@dataclass(frozen=True)
class BookingPage:
    """Some bookings at one moment.

    Attributes:
        bookings: each with its payment, and `is_at_work`: whether an operation of that payment is open.
        events: the history of each, oldest first.
    """

    bookings: list[Any]
    events: dict[UUID, list[BookingEvent]]

    @property
    def ids(self) -> list[UUID]:
        return [booking.id for booking in self.bookings]


def read_page(booking_ids: Sequence[UUID]) -> BookingPage:
    """The page of these bookings."""
    at_work = PaymentOperation.objects.filter(payment=OuterRef("payment"), state="pending")
    bookings = Booking.objects.filter(id__in=booking_ids).select_related("payment").order_by("id")
    events: dict[UUID, list[BookingEvent]] = defaultdict(list)
    for event in BookingEvent.objects.filter(booking__in=booking_ids).order_by("id"):
        events[event.booking_id].append(event)
    return BookingPage(list(bookings.annotate(is_at_work=Exists(at_work))), events)


def payment_of(booking: Booking) -> Payment | None:
    """The booking's payment, if it has one at all."""
    return getattr(booking, "payment", None)


def about(booking: Booking, invariant: str, detail: str, remedy: Remedy | None = None) -> Finding:
    """A finding about one booking."""
    return Finding(invariant, booking.number, detail, booking_id=booking.id, key=booking.id, remedy=remedy)
