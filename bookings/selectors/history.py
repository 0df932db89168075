"""What has happened to a booking: its lines of history, and what the payment vendor reported about its money."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet, Subquery

from bookings.models import Booking, BookingEvent, PaymentOperation, StripeEvent
from bookings.selectors.visibility import booking_for
from bookings.states import State
from findr.api.identity import Identity


def history_for(viewer: Identity, booking_id: UUID) -> QuerySet[BookingEvent]:
    """The events of a booking, oldest first; a provider sees them from the moment it was secured.

    Raises:
        BookingNotFound
    """
    booking = booking_for(viewer, booking_id)
    events = BookingEvent.objects.filter(booking=booking).select_related("booking").order_by("id")
    if viewer.kind == "provider":
        leaving_checkout = BookingEvent.objects.filter(booking=booking, old_state=State.PENDING_PAYMENT)
        secured = leaving_checkout.exclude(new_state=State.PENDING_PAYMENT).order_by("id").values("id")[:1]
        events = events.filter(id__gte=Subquery(secured))
    return events


def events_about(booking: Booking, operations: Iterable[PaymentOperation]) -> QuerySet[StripeEvent]:
    """What the payment vendor reported about its payment, and about any other intent of its operations, oldest first."""
    intents = {booking.payment.intent_id, *(operation.intent_id for operation in operations)} - {None, ""}
    return StripeEvent.objects.filter(intent_id__in=intents).order_by("received_at", "id")
