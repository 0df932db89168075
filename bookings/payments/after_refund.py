"""A refund came back: it is counted, or made anew."""

import logging

from bookings.changes import Change, ChangeKind
from bookings.effects import owe
from bookings.models import PaymentOperation
from bookings.payments.attempt import Attempt
from bookings.payments.gateway import Refund
from bookings.payments.operations import close, try_later, with_new_key
from bookings.payments.reversals import refund, refunded_state
from bookings.states import CANCELLED, VISITS, State
from bookings.transitions import move_payment, record
from findr.money import dollars

logger = logging.getLogger(__name__)
Reason = PaymentOperation.Reason
Status = PaymentOperation.Status


def after_refund(attempt: Attempt, made: Refund) -> None:
    """End the operation with the refund that was made, or try once more where it came to nothing."""
    booking, operation = attempt.booking, attempt.operation
    if made.has_failed:
        logger.error("Refund %s of booking %s was %s: tried anew.", made.id, booking.id, made.status)
        try_later(booking, operation, Reason.REFUND_FAILED, vendor_code=made.status, **with_new_key())
        return
    close(operation, Status.SUCCEEDED, refund_id=made.id)
    # Else an unexpected intent's, never counted as this booking's.
    if operation.intent_id == booking.payment.intent_id:
        _count_refund(attempt, made)


def _count_refund(attempt: Attempt, made: Refund) -> None:
    booking, payment, actor = attempt.booking, attempt.booking.payment, attempt.actor
    refunded = payment.refunded_cents + made.amount
    move_payment(payment, refunded_state(payment, refunded), refunded_cents=refunded)
    record(booking, "payment_refunded", actor.as_system(), data={"amount": dollars(made.amount)})
    # What goes back with a cancellation was told with it.
    if attempt.operation.by_staff or booking.state in (*VISITS, State.COMPLETED, State.NO_SHOW):
        state = State(booking.state)
        owe(booking, Change(state, state, actor, beside_moves=ChangeKind.REFUNDED))
    # Called off while another refund was under way: what that one did not cover is still owed.
    owed = payment.captured_cents - booking.fee_cents - refunded
    if booking.state in CANCELLED and owed > 0:
        refund(booking, actor, amount_cents=owed, lease_now=False)
