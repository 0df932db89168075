"""What was done to a payment outside findr: refunds by hand, refunds that failed in the end, disputes.

The vendor's totals are held against ours. A difference is recorded on the payment and changes no visit; a refund that
failed is made again. While a refund of ours is on its way nothing is compared: what was given back by hand meanwhile is
counted by whoever settles that refund.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.conf import settings

from bookings.actors import Actor
from bookings.models import Booking, Payment
from bookings.payments.apply_intent import apply_intent
from bookings.payments.event_gateway import Dispute, PaymentSnapshot
from bookings.payments.reversals import refund, refunded_state, refunds_under_way
from bookings.payments.vendor import event_gateway
from bookings.states import CANCELLED, PaymentState
from bookings.transitions import lock_booking, move_payment, record
from findr.money import dollars
from findr.saving import save
from findr.transactions import durable

logger = logging.getLogger(__name__)

_CAPTURED = (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED)


def read_again(booking_id: UUID, intent_id: str, *, actor: Actor) -> bool:
    """Read an intent at the vendor and apply what is true of it now, as if an event had told of it.

    Running it twice is harmless: hearing the same of a payment again changes nothing.

    Returns:
        False if the vendor does not know the intent, or what it says cannot be judged now.

    Raises:
        VendorError: the vendor cannot tell.
    """
    before = version_of(intent_id)
    snapshot = event_gateway().snapshot(intent_id, seconds=settings.JOB_CALL_SECONDS)
    return snapshot is not None and _apply(booking_id, snapshot, before, actor)


def version_of(intent_id: str) -> datetime | None:
    """The version of our payment before the vendor is asked: what changed meanwhile is newer than its answer."""
    return Payment.objects.filter(intent_id=intent_id).values_list("updated_at", flat=True).first()


@durable("news of a payment is applied")
def _apply(booking_id: UUID, snapshot: PaymentSnapshot, before: datetime | None, actor: Actor) -> bool:
    return apply_snapshot(lock_booking(booking_id), snapshot, before, actor)


def apply_snapshot(booking: Booking, snapshot: PaymentSnapshot, before: datetime | None, actor: Actor) -> bool:
    """Apply all that the vendor says of a payment. Runs in the caller's transaction, under the booking's lock.

    Args:
        before: our payment's `version_of` from before the vendor was asked.

    Returns:
        False if something of it cannot be judged now: ask the vendor again, later.
    """
    payment = booking.payment
    # Of a payment whose intent is not known yet nothing can be newer.
    is_fresh = payment.updated_at == before or (before is None and payment.intent_id is None)
    if not apply_intent(booking, snapshot.intent, actor, is_fresh=is_fresh):
        return False
    return snapshot.intent.id != payment.intent_id or compare(booking, snapshot, is_fresh=is_fresh, actor=actor)


def compare(booking: Booking, snapshot: PaymentSnapshot, *, is_fresh: bool, actor: Actor) -> bool:
    """Record what differs. Runs in the caller's transaction, under the booking's lock.

    Args:
        is_fresh: nothing changed on our side since the vendor was asked; else a difference may be our own doing.

    Returns:
        False if there is a difference that cannot be judged now: ask the vendor again, later.
    """
    payment = booking.payment
    if _is_the_same(payment, snapshot):
        return True
    if not is_fresh:
        return False
    if snapshot.dispute:
        _record_dispute(booking, snapshot.dispute)
    if payment.state == PaymentState.REFUNDING or refunds_under_way(payment).exists():
        return payment.refunded_cents == snapshot.given_back
    if payment.state in _CAPTURED:
        _record_refunds(booking, snapshot.given_back - payment.refunded_cents, actor)
    return True


def _is_the_same(payment: Payment, snapshot: PaymentSnapshot) -> bool:
    dispute = snapshot.dispute
    known = (payment.dispute_id, payment.dispute_status, payment.dispute_cents)
    undisputed = dispute is None or known == (dispute.id, dispute.status, dispute.amount)
    return undisputed and payment.refunded_cents == snapshot.given_back


def _record_dispute(booking: Booking, dispute: Dispute) -> None:
    payment = booking.payment
    if payment.dispute_id != dispute.id:
        logger.error("The card holder of booking %s disputes %s cents: %s.", booking.id, dispute.amount, dispute.id)
    save(
        payment,
        dispute_id=dispute.id,
        dispute_status=dispute.status,
        dispute_cents=dispute.amount,
        disputed_at=dispute.opened_at,
    )


def _record_refunds(booking: Booking, difference: int, actor: Actor) -> None:
    if difference > 0:
        _given_back_outside(booking, difference, actor)
    elif difference < 0:
        _reopen_refund(booking, -difference, actor)


def _given_back_outside(booking: Booking, amount: int, actor: Actor) -> None:
    """Somebody gave money back in the vendor's dashboard: the payment says so, and the visit stands."""
    payment = booking.payment
    refunded = payment.refunded_cents + amount
    logger.warning("%s cents of booking %s were given back at the vendor.", amount, booking.id)
    move_payment(payment, PaymentState.REFUNDING)
    move_payment(payment, refunded_state(payment, refunded), refunded_cents=refunded)
    if booking.state in CANCELLED:  # What was kept was the fee: it is this much smaller now.
        save(booking, fee_cents=min(booking.fee_cents, max(0, payment.captured_cents - refunded)))
    data = {"amount": dollars(amount), "reason": "given_back_at_vendor"}
    record(booking, "payment_refunded", actor.as_system(), data=data)


def _reopen_refund(booking: Booking, amount: int, actor: Actor) -> None:
    """A refund failed after it had counted as done: it is open again, and made anew (contract 6.7)."""
    payment = booking.payment
    logger.error("A refund of %s cents of booking %s failed in the end: it is made again.", amount, booking.id)
    save(payment, refunded_cents=payment.refunded_cents - amount)
    refund(booking, actor, amount_cents=amount, lease_now=False)
    record(booking, "note", actor.as_system(), data={"amount": dollars(amount), "reason": "refund_failed"})
