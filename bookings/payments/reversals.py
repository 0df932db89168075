"""Money goes back: a hold is released, an intent closed, a charge refunded.

Each runs inside its caller's transaction, under the booking's lock, and opens the operation that makes the call.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from bookings.actors import Actor
from bookings.models import Booking, Payment, PaymentOperation
from bookings.payments.operations import open_operation, open_operations
from bookings.states import PaymentState
from bookings.transitions import move_payment, move_payments, record, record_all
from findr.postgresql.statements import fetch

Kind = PaymentOperation.Kind
Status = PaymentOperation.Status


def release(booking: Booking, actor: Actor, *, lease_now: bool, **payment_fields: Any) -> PaymentOperation | None:
    """Give the hold back, or close an intent that holds nothing; None if there is nothing to ask of the vendor."""
    return next(iter(release_all([booking], actor, lease_now=lease_now, **payment_fields)), None)


def release_all(
    bookings: Sequence[Booking], actor: Actor, *, lease_now: bool, **payment_fields: Any
) -> list[PaymentOperation]:
    """As `release`, of many bookings, in one statement for each table."""
    move_payments([booking.payment for booking in bookings], PaymentState.RELEASING, **payment_fields)
    free = [booking for booking in bookings if not booking.payment.amount_cents]
    move_payments([booking.payment for booking in free], PaymentState.RELEASED)
    record_all(free, "payment_released", actor.as_system(), data={"amount": 0.0})
    held = [booking.payment for booking in bookings if booking.payment.amount_cents]
    return _cancel_intents([(payment, payment.intent_id or "") for payment in held], lease_now=lease_now)


def cancel_intent(payment: Payment, intent_id: str, *, lease_now: bool) -> PaymentOperation | None:
    """Have an intent canceled; None if somebody is at it already."""
    return next(iter(_cancel_intents([(payment, intent_id)], lease_now=lease_now)), None)


def _cancel_intents(intents: Sequence[tuple[Payment, str]], *, lease_now: bool) -> list[PaymentOperation]:
    under_way = set(fetch(_CANCELS, [[payment.pk for payment, _ in intents], Kind.CANCEL, Status.PENDING]))
    calls = [
        {"payment": payment, "intent_id": intent_id, "amount_cents": payment.amount_cents}
        for payment, intent_id in intents
        if (payment.pk, intent_id) not in under_way
    ]
    return open_operations(Kind.CANCEL, calls, lease_now=lease_now)


_CANCELS = "SELECT payment_id, intent_id FROM bookings_paymentoperation WHERE payment_id = ANY(%s) AND kind = %s AND state = %s"


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
