"""Bookings in states that no service reaches yet: rows made as a later service will make them, in legal pairs."""

from django.db import transaction

from bookings.models import Booking, Payment
from bookings.states import LEGAL_PAIRS, WAITING, PaymentState, State

# The usual payment beside each state.
BESIDE = {
    State.PENDING_PAYMENT: PaymentState.AUTHORIZING,
    State.PENDING_CONFIRMATION: PaymentState.HELD,
    State.RESCHEDULE_PROPOSED: PaymentState.HELD,
    State.CONFIRMING: PaymentState.CAPTURING,
    State.CONFIRMED: PaymentState.PAID,
    State.CHECKED_IN: PaymentState.PAID,
    State.IN_PROGRESS: PaymentState.PAID,
    State.COMPLETED: PaymentState.PAID,
    State.NO_SHOW: PaymentState.PAID,
    State.CANCELLED_PATIENT: PaymentState.RELEASED,
    State.CANCELLED_PROVIDER: PaymentState.RELEASED,
    State.CANCELLED_ADMIN: PaymentState.RELEASED,
    State.EXPIRED: PaymentState.RELEASED,
    State.PAYMENT_FAILED: PaymentState.FAILED,
}


def put(booking, state, **fields):
    """Put a booking into a state, its payment beside it, in one transaction; its id."""
    state = State(state)
    assert (state, BESIDE[state]) in LEGAL_PAIRS
    if state not in WAITING:
        fields["expires_at"] = None
    if state == State.CONFIRMING:
        fields = {"decision": "accept", "decided_from": "reschedule_proposed", **fields}
    with transaction.atomic():
        Booking.objects.filter(id=booking.id).update(state=state, **fields)
        Payment.objects.filter(booking_id=booking.id).update(state=BESIDE[state])
    return str(booking.id)
