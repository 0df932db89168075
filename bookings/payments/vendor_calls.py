"""An operation's call to the vendor, and what is looked at before it is made again.

Outside any transaction. After an unclear end the intent is read first, and the call is made again only if the vendor's
state shows that it was not done.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from bookings.models import PaymentOperation
from bookings.payments.authorize_call import NeverMade, authorize_once
from bookings.payments.gateway import (
    CardRefused,
    Disputed,
    Intent,
    MethodRefused,
    PaymentGateway,
    Refund,
    WrongIntentState,
)
from bookings.payments.refund_call import refund_once
from bookings.payments.rules import RULES, Failure, FailureKind, News
from bookings.payments.secured import is_secured
from bookings.payments.vendor import gateway
from bookings.states import State
from findr.vendors.budget import Budget
from findr.vendors.errors import VendorError

logger = logging.getLogger(__name__)
Kind = PaymentOperation.Kind


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
        if operation.kind == Kind.REFUND:
            raise  # Its end is not to be read off the intent.
        if not intent_id:
            raise VendorError(str(error), retryable=True) from error
        return vendor.retrieve(intent_id, seconds=budget.left())


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


_CALLS: dict[Kind, Callable[[PaymentOperation, PaymentGateway, Budget], Intent | Refund]] = {
    Kind.AUTHORIZE: authorize_once,
    Kind.CAPTURE: _capture,
    Kind.CANCEL: _cancel,
    Kind.REFUND: refund_once,
}
