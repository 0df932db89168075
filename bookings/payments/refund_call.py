"""Giving captured money back, once, and no more of it than has not gone back by hand."""

from dataclasses import replace

from bookings.models import PaymentOperation
from bookings.payments.gateway import Disputed, PaymentGateway, Refund
from bookings.states import CANCELLED
from findr.vendors.budget import Budget
from findr.vendors.errors import VendorError


def refund_once(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Refund:
    """The refund of an operation, found or made. Raises what `PaymentGateway.refund` raises."""
    payment, amount = operation.payment, operation.amount_cents
    if operation.must_look_first:
        done = vendor.find_refund(operation.intent_id, operation_id=str(operation.id), seconds=budget.left())
        if done:
            return done
    # What a fee leaves is owed once, whoever gives it back: somebody may have begun by hand (contract 6.9).
    may_have_begun = payment.booking.state in CANCELLED and operation.intent_id == payment.intent_id
    cents = _still_owed(operation, vendor, budget) if may_have_begun else amount
    try:
        return _refund(operation, vendor, budget, cents=cents)
    except VendorError as refusal:
        if refusal.retryable or isinstance(refusal, Disputed):
            raise
        left = _still_owed(operation, vendor, budget)  # Somebody may have been quicker.
        if left >= cents:
            raise
    return _refund(operation, vendor, budget, cents=left)


def _still_owed(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> int:
    """Cents of a refund that have not gone back by hand meanwhile."""
    known = vendor.retrieve(operation.intent_id, seconds=budget.left())
    payment, amount = operation.payment, operation.amount_cents
    before = payment.refunded_cents if operation.intent_id == payment.intent_id else 0
    return min(amount, max(0, before + amount - known.amount_refunded))


def _refund(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget, *, cents: int) -> Refund:
    """Give this much back. Counted as the whole: the rest has gone back already."""
    amount, key = operation.amount_cents, operation.idempotency_key
    if not cents:
        return Refund(id="", status="succeeded", amount=amount)
    made = vendor.refund(
        operation.intent_id,
        amount_cents=cents,
        operation_id=str(operation.id),
        key=key if cents == amount else f"{key}:{cents}",
        seconds=budget.left(),
    )
    return replace(made, amount=amount)
