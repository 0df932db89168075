"""An operation's call to the vendor, and what is looked at before it is made again.

Outside any transaction. After an unclear end the intent is read first, and the call is made again only if the vendor's
state shows that it was not done.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from bookings import deadlines
from bookings.models import Booking, PaymentOperation
from bookings.payments.gateway import (
    CardRefused,
    CustomerGone,
    Disputed,
    Intent,
    MethodRefused,
    PaymentGateway,
    Refund,
    WrongIntentState,
)
from bookings.payments.operations import is_secured
from bookings.payments.rules import RULES, Failure, FailureKind, News
from bookings.payments.vendor import gateway
from bookings.states import CANCELLED, State
from findr import clock
from findr.vendors.budget import Budget
from findr.vendors.errors import VendorError

logger = logging.getLogger(__name__)

Kind = PaymentOperation.Kind
# How far findr's clock and the vendor's may be apart when intents are looked for by the time of their making.
CLOCK_SKEW = timedelta(hours=1)


class NeverMade(VendorError):
    """The intent of an authorise that ended in silence does not exist at the vendor, and nobody is making it."""

    def __init__(self) -> None:
        super().__init__("No intent was made.", retryable=False)


@dataclass(frozen=True)
class CallResult:
    """What one call came to: the intent or the refund as it is now, or how it failed."""

    intent: Intent | None = None
    refund: Refund | None = None
    failure: Failure | None = None


def execute(operation: PaymentOperation, *, seconds: float) -> CallResult:
    """Make an operation's call, in so much wall clock, however many calls it takes. Never raises."""
    try:
        answer = _answer(operation, Budget(seconds))
    except CardRefused as error:
        intent = error.intent
        if operation.kind == Kind.CAPTURE and intent and RULES[intent.status].news is not News.AUTHORIZED:
            return CallResult(intent=intent)  # More than a refusal: the hold that was to be captured stands no more.
        return CallResult(failure=_failure_of(error))
    except VendorError as error:
        return CallResult(failure=_failure_of(error))
    except Exception:
        logger.exception("Asking the vendor about %s failed: tried again later.", operation)
        return CallResult(failure=Failure(FailureKind.UNCLEAR, "findr failed to ask."))
    return CallResult(refund=answer) if isinstance(answer, Refund) else CallResult(intent=answer)


def _failure_of(error: VendorError) -> Failure:
    message = str(error)
    if error.retryable:
        return Failure(FailureKind.UNCLEAR, message, key_is_spent=error.stored)
    match error:
        case CardRefused():
            intent_id = error.intent.id if error.intent else ""
            return Failure(FailureKind.CARD_REFUSED, message, error.code, error.decline_code, intent_id)
        case MethodRefused():
            return Failure(FailureKind.METHOD_REFUSED, message, error.code)
        case NeverMade():
            return Failure(FailureKind.NEVER_MADE, message)
        case Disputed():
            return Failure(FailureKind.DISPUTED, message)
        case _:
            return Failure(FailureKind.REFUSED, message)


def _answer(operation: PaymentOperation, budget: Budget) -> Intent | Refund:
    vendor, intent_id = gateway(), operation.intent_id
    try:
        return _CALLS[Kind(operation.kind)](operation, vendor, budget)
    except WrongIntentState as error:
        if not intent_id:
            raise VendorError(str(error), retryable=True) from error
        return vendor.retrieve(intent_id, seconds=budget.left())


def _authorize_once(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Intent:
    booking, payment = operation.payment.booking, operation.payment
    if not operation.must_look_first:
        return _authorize(operation, vendor, budget)
    if payment.intent_id:
        return vendor.retrieve(payment.intent_id, seconds=budget.left())
    alive = booking.state == State.PENDING_PAYMENT and not deadlines.is_overdue(booking, clock.now())
    if alive and not operation.has_new_key:
        return _authorize(operation, vendor, budget)
    # The last attempt may have been made at the end of the checkout, and may have been running for a while then.
    last_call_over = operation.created_at + timedelta(
        minutes=settings.CHECKOUT_MINUTES, seconds=settings.LOST_INTENT_SECONDS
    )
    if intent := _find_intent(booking, operation.created_at - CLOCK_SKEW, last_call_over + CLOCK_SKEW, vendor, budget):
        return intent
    if alive:
        return _authorize(operation, vendor, budget)
    if clock.now() < last_call_over:
        raise VendorError("The call may still be running at the vendor.", retryable=True)
    raise NeverMade


def _authorize(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Intent:
    """The same key and the same parameters each time: the vendor makes it once, however often it is asked."""
    parameters, key = operation.parameters, operation.idempotency_key
    try:
        return vendor.authorize(parameters, key=key, seconds=budget.left())
    except CustomerGone:
        # The card may be good without its customer, and if it is not, the vendor says so.
        alone = {name: value for name, value in parameters.items() if name != "customer"}
        return vendor.authorize(alone, key=f"{key}:alone", seconds=budget.left())


def _find_intent(
    booking: Booking, since: datetime, until: datetime, vendor: PaymentGateway, budget: Budget
) -> Intent | None:
    """The intent that names this booking, a living one first; any others go with it as its duplicates."""
    intents_then = vendor.intents_between(since, until, seconds=budget.left())
    found = [intent for intent in intents_then if intent.metadata.get("booking") == str(booking.id)]
    known = booking.payment.intent_id
    found.sort(key=lambda intent: (intent.id != known, RULES[intent.status].undo is None))
    return replace(found[0], duplicates=tuple(found[1:])) if found else None


def _capture(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Intent:
    if operation.must_look_first:
        known = vendor.retrieve(operation.intent_id, seconds=budget.left())
        if RULES[known.status].news is not News.AUTHORIZED:
            return known
    return vendor.capture(
        operation.intent_id,
        amount_cents=operation.amount_cents,
        key=operation.idempotency_key,
        seconds=budget.left(),
    )


def _cancel(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Intent:
    payment = operation.payment
    is_unexpected = operation.intent_id != payment.intent_id
    checkout = not is_unexpected and payment.booking.state == State.PENDING_PAYMENT
    # A checkout that proves authorised after all is kept (contract 6.5), and what was kept stays.
    kept = checkout or (not is_unexpected and is_secured(payment))
    if kept or operation.must_look_first:
        known = vendor.retrieve(operation.intent_id, seconds=budget.left())
        news = RULES[known.status].news
        if news in (News.GONE, News.CAPTURED) or (kept and news is News.AUTHORIZED):
            return known
    return vendor.cancel(operation.intent_id, key=operation.idempotency_key, seconds=budget.left())


def _refund_once(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Refund:
    payment, amount = operation.payment, operation.amount_cents
    if operation.must_look_first:
        done = vendor.find_refund(operation.intent_id, operation_id=str(operation.id), seconds=budget.left())
        if done:
            return done
    if payment.booking.state in CANCELLED and operation.intent_id == payment.intent_id:
        # What a fee leaves is owed once, whoever gives it back: somebody may have begun by hand (contract 6.9).
        return _refund(operation, vendor, budget, cents=_still_owed(operation, vendor, budget))
    try:
        return _refund(operation, vendor, budget, cents=amount)
    except VendorError as refusal:
        if refusal.retryable or isinstance(refusal, Disputed):
            raise
        left = _still_owed(operation, vendor, budget)
        if left >= amount:
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


_CALLS: dict[Kind, Callable[[PaymentOperation, PaymentGateway, Budget], Intent | Refund]] = {
    Kind.AUTHORIZE: _authorize_once,
    Kind.CAPTURE: _capture,
    Kind.CANCEL: _cancel,
    Kind.REFUND: _refund_once,
}
