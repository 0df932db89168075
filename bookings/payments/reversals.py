"""Money goes back: a hold is released, an intent closed, a charge refunded.

Each runs inside its caller's transaction, under the booking's lock, and opens the operation that makes the call.
"""

from typing import Any

from django.db.models import QuerySet

from bookings.actors import Actor
from bookings.models import Booking, Payment, PaymentOperation
from bookings.payments.operations import open_operation
from bookings.states import PaymentState
from bookings.transitions import move_payment, record

Kind = PaymentOperation.Kind
Status = PaymentOperation.Status


def release(booking: Booking, actor: Actor, *, lease_now: bool, **payment_fields: Any) -> PaymentOperation | None:
    """Give the hold back, or close an intent that holds nothing; None if there is nothing to ask of the vendor."""
    payment = booking.payment
    move_payment(payment, PaymentState.RELEASING, **payment_fields)
    if payment.amount_cents:
        return cancel_intent(payment, payment.intent_id or "", lease_now=lease_now)
    move_payment(payment, PaymentState.RELEASED)
    record(booking, "payment_released", actor.as_system(), data={"amount": 0.0})
    return None


def cancel_intent(payment: Payment, intent_id: str, *, lease_now: bool) -> PaymentOperation | None:
    """Have an intent canceled; None if somebody is at it already."""
    if payment.operations.filter(kind=Kind.CANCEL, intent_id=intent_id, state=Status.PENDING).exists():
        return None
    return open_operation(
        payment, Kind.CANCEL, amount_cents=payment.amount_cents, intent_id=intent_id, lease_now=lease_now
    )


def refund(
    booking: Booking, actor: Actor, *, amount_cents: int, by_staff: bool = False, lease_now: bool, **payment_fields: Any
) -> PaymentOperation | None:
    """Give captured money back; None if there is nothing to ask of the vendor."""
    payment = booking.payment
    move_payment(payment, PaymentState.REFUNDING, **payment_fields)
    if not payment.amount_cents:
        move_payment(payment, PaymentState.REFUNDED)
        record(booking, "payment_refunded", actor.as_system(), data={"amount": 0.0})
        return None
    return open_operation(
        payment,
        Kind.REFUND,
        amount_cents=amount_cents,
        intent_id=payment.intent_id or "",
        by_staff=by_staff,
        lease_now=lease_now,
    )


def refunded_state(payment: Payment, refunded_cents: int) -> PaymentState:
    """What a captured payment is once so much of it has gone back."""
    return PaymentState.REFUNDED if refunded_cents >= payment.captured_cents else PaymentState.PARTIALLY_REFUNDED


def refunds_under_way(payment: Payment) -> QuerySet[PaymentOperation]:
    """Refunds of its own intent that are not made yet."""
    return payment.operations.filter(kind=Kind.REFUND, state=Status.PENDING, intent_id=payment.intent_id or "")
