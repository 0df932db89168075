"""Asking the vendor what an operation wants asked: the calls, and what is looked at before a call is made again.

Outside any transaction. After an unclear end the intent is read first, and the call is made again only if the vendor's
state shows that it was not done.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from bookings import deadlines
from bookings.models import Booking, PaymentOperation
from bookings.payments.base import (
    CustomerGone,
    Disputed,
    Intent,
    IntentStatus,
    PaymentGateway,
    Refund,
    WrongIntentState,
)
from bookings.payments.events import EventGateway
from bookings.services import intents
from bookings.states import CANCELLED, State
from findr import clock
from findr.errors import TemporarilyUnavailable, VendorError
from findr.vendor_time import Budget

logger = logging.getLogger(__name__)

Kind = PaymentOperation.Kind
# How far findr's clock and the vendor's may be apart when intents are looked for by the time of their making.
CLOCK_SKEW = timedelta(hours=1)


class NeverMade(VendorError):
    """The intent of an authorise that ended in silence does not exist at the vendor, and nobody is making it."""

    def __init__(self) -> None:
        super().__init__("No intent was made.", retryable=False)


def gateway() -> PaymentGateway:
    """The payment vendor that the settings name."""
    return cast("PaymentGateway", import_string(settings.PAYMENT_GATEWAY)())


def event_gateway() -> EventGateway:
    """The same vendor, as the one that reports what happened there."""
    return cast("EventGateway", gateway())


def require_vendor() -> None:
    """Raises TemporarilyUnavailable if no payment vendor is configured. Ask before anything is written."""
    if not gateway().is_configured():
        logger.error("No payment vendor is configured: nobody can pay.")
        raise TemporarilyUnavailable


def ask(operation: PaymentOperation, budget: Budget) -> Intent | Refund:
    vendor, intent_id = gateway(), operation.intent_id
    try:
        match operation.kind:
            case Kind.AUTHORIZE:
                return _ask_authorize(operation, vendor, budget)
            case Kind.CAPTURE:
                return _ask_capture(operation, vendor, budget)
            case Kind.CANCEL:
                return _ask_cancel(operation, vendor, budget)
            case _:
                return _ask_refund(operation, vendor, budget)
    except WrongIntentState as error:
        if not intent_id:
            raise VendorError(str(error), retryable=True) from error
        return vendor.retrieve(intent_id, seconds=budget.left())


def _ask_authorize(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Intent:
    booking, payment = operation.payment.booking, operation.payment
    if operation.attempts <= 1:
        return _authorize(operation, vendor, budget)
    if payment.intent_id:
        return vendor.retrieve(payment.intent_id, seconds=budget.left())
    alive = booking.state == State.PENDING_PAYMENT and not deadlines.is_overdue(booking, clock.now())
    if alive and not operation.look_first:
        return _authorize(operation, vendor, budget)
    # The last attempt may have been made at the end of the checkout, and may have been running for a while then.
    given_up = operation.created_at + timedelta(minutes=settings.CHECKOUT_MINUTES, seconds=settings.LOST_INTENT_SECONDS)
    if intent := _find_intent(booking, operation.created_at - CLOCK_SKEW, given_up + CLOCK_SKEW, vendor, budget):
        return intent
    if alive:
        return _authorize(operation, vendor, budget)
    if clock.now() < given_up:
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
    """The intent that names this booking, a living one first; any others go with it as its twins."""
    intents_then = vendor.intents_between(since, until, seconds=budget.left())
    found = [intent for intent in intents_then if intent.metadata.get("booking") == str(booking.id)]
    known = booking.payment.intent_id
    found.sort(key=lambda intent: (intent.id != known, intent.status == IntentStatus.CANCELED))
    return replace(found[0], twins=tuple(found[1:])) if found else None


def _ask_capture(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Intent:
    if operation.attempts > 1:
        known = vendor.retrieve(operation.intent_id, seconds=budget.left())
        if known.status != IntentStatus.REQUIRES_CAPTURE:
            return known
    return vendor.capture(
        operation.intent_id,
        amount_cents=operation.amount_cents,
        key=operation.idempotency_key,
        seconds=budget.left(),
    )


def _ask_cancel(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Intent:
    payment = operation.payment
    is_stray = operation.intent_id != payment.intent_id
    checkout = not is_stray and payment.booking.state == State.PENDING_PAYMENT
    # A checkout that proves authorised after all is kept (contract 6.5), and what was kept stays.
    kept = checkout or (not is_stray and intents.is_secured(payment))
    if kept or operation.attempts > 1:
        known = vendor.retrieve(operation.intent_id, seconds=budget.left())
        if known.status in (IntentStatus.CANCELED, IntentStatus.SUCCEEDED) or (
            kept and known.status == IntentStatus.REQUIRES_CAPTURE
        ):
            return known
    return vendor.cancel(operation.intent_id, key=operation.idempotency_key, seconds=budget.left())


def _ask_refund(operation: PaymentOperation, vendor: PaymentGateway, budget: Budget) -> Refund:
    payment, amount = operation.payment, operation.amount_cents
    if operation.attempts > 1:
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
