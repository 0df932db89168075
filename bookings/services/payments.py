"""Carrying out payment operations: the vendor's call between two transactions, and what becomes of it (design 6).

An operation is a row before it is a call. Whoever holds its lease makes the call, outside any transaction, and settles
the row afterwards. After an unclear end the intent is read first, and the call is made again only if the vendor's
state shows that it was not done. Nothing here gives up: it slows down.
"""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import F
from django.utils.module_loading import import_string

from bookings.actors import JOB, Actor
from bookings.models import Booking, PaymentOperation
from bookings.payments.base import (
    CardRefused,
    Intent,
    IntentStatus,
    MethodRefused,
    PaymentGateway,
    Refund,
    WrongIntentState,
)
from bookings.services import intents, steps
from bookings.states import ENDED, PaymentState, State
from findr import clock
from findr.errors import VendorError
from findr.transactions import durable

logger = logging.getLogger(__name__)

Kind = PaymentOperation.Kind
Progress = PaymentOperation.Progress
_OPEN_CHECKOUT = (IntentStatus.REQUIRES_ACTION, IntentStatus.PROCESSING)
_SETTLED = (IntentStatus.REQUIRES_CAPTURE, IntentStatus.SUCCEEDED)


class NeverMade(VendorError):
    """The intent of an authorise that ended in silence does not exist at the vendor, and nobody is making it."""

    def __init__(self) -> None:
        super().__init__("No intent was made.", retryable=False)


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended.

    Attributes:
        booking: as it is after the attempt was settled.
        intent: what the vendor said, if it said anything; it carries the client secret, which is never stored.
        refused: the vendor's definite no.
        unclear: nobody knows; the sweep carries on.
    """

    booking: Booking
    intent: Intent | None = None
    refused: VendorError | None = None
    unclear: bool = False


def gateway() -> PaymentGateway:
    """The payment vendor that the settings name."""
    return cast("PaymentGateway", import_string(settings.PAYMENT_GATEWAY)())


def carry_out(operation: PaymentOperation, *, actor: Actor, seconds: float) -> Outcome:
    """Make the call of an operation that the caller opened as its own, right after the commit, and settle it."""
    return _attempt(operation, actor=actor, seconds=seconds)


def run_operation(operation_id: UUID) -> Outcome | None:
    """Take over an unfinished operation and try again; None if somebody else has it, or it is finished.

    Running it twice is harmless: the lease lets one in at a time, and the vendor is asked what it knows before
    anything is asked of it again.
    """
    operation = _claim(operation_id)
    if operation and operation.kind == Kind.CAPTURE and operation.payment.booking.start <= clock.now():
        operation = _call_off(operation)
    return _attempt(operation, actor=JOB, seconds=settings.JOB_CALL_SECONDS) if operation else None


def unfinished() -> list[UUID]:
    """Operations whose lease is over, longest waiting first."""
    open_ones = PaymentOperation.objects.filter(state=Progress.PENDING, claimed_until__lte=clock.now())
    return list(open_ones.order_by("claimed_until").values_list("id", flat=True)[: settings.SWEEP_BATCH])


@durable
def _claim(operation_id: UUID) -> PaymentOperation | None:
    """The lease, by compare-and-swap."""
    now = clock.now()
    won = PaymentOperation.objects.filter(id=operation_id, state=Progress.PENDING, claimed_until__lte=now).update(
        claimed_until=now + timedelta(seconds=settings.OPERATION_LEASE_SECONDS),
        attempts=F("attempts") + 1,
        last_tried_at=now,
    )
    if not won:
        return None
    return PaymentOperation.objects.select_related("payment__booking").get(id=operation_id)


@durable
def _call_off(operation: PaymentOperation) -> PaymentOperation:
    """At the visit's start a capture still in the air is given up: the hold is released instead (contract 6.5)."""
    booking = steps.lock_booking(operation.payment.booking_id)
    operation = _lock(booking, operation)
    if booking.state != State.CONFIRMING or operation.state != Progress.PENDING:
        return operation
    logger.error("Booking %s was still being captured at its start: the hold is released.", booking.id)
    _finish(operation, Progress.FAILED, error_code=intents.TOO_LATE)
    return steps.open_operation(
        booking.payment,
        Kind.CANCEL,
        amount_cents=operation.amount_cents,
        intent_id=operation.intent_id,
        mine=True,
    )


def _attempt(operation: PaymentOperation, *, actor: Actor, seconds: float) -> Outcome:
    try:
        said: Intent | Refund | VendorError = _ask(operation, seconds)
    except VendorError as error:
        said = error
    return settle(operation, said, actor=actor)


def _ask(operation: PaymentOperation, seconds: float) -> Intent | Refund:
    vendor, intent_id, key = gateway(), operation.intent_id, operation.idempotency_key
    again = operation.attempts > 1
    try:
        match operation.kind:
            case Kind.AUTHORIZE:
                return _ask_authorize(operation, vendor, seconds)
            case Kind.CAPTURE:
                known = vendor.retrieve(intent_id, seconds=seconds) if again else None
                if known and known.status != IntentStatus.REQUIRES_CAPTURE:
                    return known
                return vendor.capture(intent_id, amount_cents=operation.amount_cents, key=key, seconds=seconds)
            case Kind.CANCEL:
                return _ask_cancel(operation, vendor, seconds)
            case _:
                identifier = str(operation.id)
                done = vendor.find_refund(intent_id, operation_id=identifier, seconds=seconds) if again else None
                return done or vendor.refund(
                    intent_id,
                    amount_cents=operation.amount_cents,
                    operation_id=identifier,
                    key=key,
                    seconds=seconds,
                )
    except WrongIntentState:
        if operation.kind == Kind.REFUND:
            raise
        return vendor.retrieve(intent_id, seconds=seconds)


def _ask_authorize(operation: PaymentOperation, vendor: PaymentGateway, seconds: float) -> Intent:
    booking, payment = operation.payment.booking, operation.payment
    key = operation.idempotency_key
    if operation.attempts <= 1:
        return vendor.authorize(operation.parameters, key=key, seconds=seconds)
    if payment.intent_id:
        return vendor.retrieve(payment.intent_id, seconds=seconds)
    alive = booking.state == State.PENDING_PAYMENT and not is_overdue(booking)
    if alive and not operation.look_first:
        # The same key and the same parameters: the vendor makes it once, however often it is asked.
        return vendor.authorize(operation.parameters, key=key, seconds=seconds)
    since = operation.created_at - timedelta(hours=1)
    for intent in vendor.intents_since(since, seconds=seconds):
        if intent.metadata.get("booking") == str(booking.id):
            return intent
    if alive:
        return vendor.authorize(operation.parameters, key=key, seconds=seconds)
    if clock.now() - operation.created_at < timedelta(seconds=settings.LOST_INTENT_SECONDS):
        raise VendorError("The call may still be running at the vendor.", retryable=True)
    raise NeverMade


def _ask_cancel(operation: PaymentOperation, vendor: PaymentGateway, seconds: float) -> Intent:
    checkout = operation.payment.booking.state == State.PENDING_PAYMENT
    if checkout or operation.attempts > 1:
        known = vendor.retrieve(operation.intent_id, seconds=seconds)
        # A checkout that proves authorised after all is kept (contract 6.5).
        if known.status in (IntentStatus.CANCELED, IntentStatus.SUCCEEDED) or (
            checkout and known.status == IntentStatus.REQUIRES_CAPTURE
        ):
            return known
    return vendor.cancel(operation.intent_id, key=operation.idempotency_key, seconds=seconds)


@durable
def settle(operation: PaymentOperation, said: Intent | Refund | VendorError, *, actor: Actor) -> Outcome:
    """Write down how an attempt ended, and apply what it means to the booking. Safe to run twice."""
    booking = steps.lock_booking(operation.payment.booking_id)
    operation = _lock(booking, operation)
    is_open = operation.state == Progress.PENDING
    match said:
        case Intent():
            if is_open:
                _settle_intent(booking, operation, said)
            intents.learn(booking, said, actor)
            return Outcome(booking, intent=said)
        case Refund():
            if is_open:
                _settle_refund(booking, operation, said, actor)
            return Outcome(booking)
        case VendorError(retryable=True):
            if is_open:
                _settle_unclear(booking, operation, said, actor)
            return Outcome(booking, unclear=True)
        case _:
            if is_open:
                _settle_refusal(booking, operation, said, actor)
            return Outcome(booking, refused=said, unclear=operation.state == Progress.PENDING)


def _lock(booking: Booking, operation: PaymentOperation) -> PaymentOperation:
    """The operation as it is now, locked after its booking and payment."""
    locked = booking.payment.operations.select_for_update(no_key=True).get(id=operation.id)
    locked.payment = booking.payment
    return locked


def _settle_intent(booking: Booking, operation: PaymentOperation, intent: Intent) -> None:
    done = {
        Kind.AUTHORIZE: _SETTLED,
        Kind.CAPTURE: (IntentStatus.SUCCEEDED,),
        Kind.CANCEL: (IntentStatus.CANCELED,),
    }[Kind(operation.kind)]
    if intent.status in done:
        _finish(operation, Progress.SUCCEEDED, intent_id=intent.id)
    elif intent.status in _OPEN_CHECKOUT and operation.kind == Kind.AUTHORIZE:
        _await_card_holder(booking, operation, intent)
    elif intent.status == IntentStatus.REQUIRES_CAPTURE and operation.kind == Kind.CAPTURE:
        _try_later(booking, operation, error_code="not_captured")
    elif operation.kind == Kind.CANCEL and intent.status not in _SETTLED:
        _try_later(booking, operation, error_code="not_canceled")
    else:
        _finish(operation, Progress.FAILED, intent_id=intent.id, error_code=f"intent_{intent.status}")


def _await_card_holder(booking: Booking, operation: PaymentOperation, intent: Intent) -> None:
    """3-D Secure runs: ask again soon. Abandoned: close the intent. Ended meanwhile: `learn` has seen to it."""
    if booking.state != State.PENDING_PAYMENT:
        _finish(operation, Progress.FAILED, intent_id=intent.id, error_code="booking_ended")
    elif is_overdue(booking):
        _finish(operation, Progress.FAILED, intent_id=intent.id, error_code="abandoned")
        steps.open_operation(
            booking.payment, Kind.CANCEL, amount_cents=operation.amount_cents, intent_id=intent.id, mine=False
        )
    else:
        _try_at(booking, operation, clock.now() + timedelta(seconds=settings.CHECKOUT_POLL_SECONDS))


def _settle_refund(booking: Booking, operation: PaymentOperation, refund: Refund, actor: Actor) -> None:
    payment = booking.payment
    if refund.status in ("failed", "canceled"):
        logger.error("Refund %s of booking %s was %s: tried anew.", refund.id, booking.id, refund.status)
        _finish(operation, Progress.FAILED, refund_id=refund.id, error_code=f"refund_{refund.status}")
        steps.open_operation(
            payment, Kind.REFUND, amount_cents=operation.amount_cents, intent_id=operation.intent_id, mine=False
        )
        return
    _finish(operation, Progress.SUCCEEDED, refund_id=refund.id)
    if operation.intent_id != payment.intent_id:
        return  # A stray intent's money: never counted as this booking's.
    refunded = payment.refunded_cents + refund.amount
    whole = refunded >= payment.captured_cents
    to = PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED
    steps.move_payment(payment, to, refunded_cents=refunded)
    steps.record(booking, "payment_refunded", actor.as_system(), data={"amount": refund.amount / 100})


def _settle_unclear(booking: Booking, operation: PaymentOperation, error: VendorError, actor: Actor) -> None:
    logger.warning("%s of booking %s ended unclear: %s", operation.kind, booking.id, error)
    if error.stored:
        steps.save(operation, idempotency_key=str(uuid4()), look_first=True)
    if booking.state == State.PENDING_PAYMENT and is_overdue(booking):
        # The vendor cannot be reached; the time is freed now, and what the vendor did is undone later.
        steps.fail(booking, actor, code="payment_failed", message=intents.NOT_CHARGED)
    _try_later(booking, operation, error_code="unclear")


def _settle_refusal(booking: Booking, operation: PaymentOperation, error: VendorError, actor: Actor) -> None:
    match operation.kind, error:
        case Kind.AUTHORIZE, _:
            _settle_refused_checkout(booking, operation, error, actor)
        case Kind.CAPTURE, CardRefused():
            _finish(operation, Progress.FAILED, error_code=error.code)
            _back_to_waiting(booking, error, actor)
        case _:
            # A no that the vendor should not say. Only its state ends the matter, so it is asked again, and seen.
            logger.error("%s of booking %s: %s", operation.kind, booking.id, error)
            _try_later(booking, operation, error_code="refused")


def _settle_refused_checkout(booking: Booking, operation: PaymentOperation, error: VendorError, actor: Actor) -> None:
    payment = booking.payment
    code = {CardRefused: "card_declined", MethodRefused: "payment_method_invalid"}.get(type(error), "payment_failed")
    decline_code = error.decline_code if isinstance(error, CardRefused) else ""
    _finish(operation, Progress.FAILED, error_code=getattr(error, "code", code))
    if booking.state == State.PENDING_PAYMENT:
        steps.fail(booking, actor, code=code, message=str(error), decline_code=decline_code)
    if payment.state not in (PaymentState.AUTHORIZING, PaymentState.REQUIRES_ACTION):
        return
    if isinstance(error, CardRefused) and error.intent:
        steps.save(payment, intent_id=error.intent.id)
        steps.release(payment, mine=False)
    elif booking.state in ENDED:
        steps.move_payment(
            payment,
            PaymentState.FAILED if booking.state == State.PAYMENT_FAILED else PaymentState.RELEASED,
        )


def _back_to_waiting(booking: Booking, error: CardRefused, actor: Actor) -> None:
    """The capture was refused and the hold still stands: as it was before the decision, and it may be tried again."""
    if booking.state != State.CONFIRMING:
        return
    payment = booking.payment
    steps.move_payment(
        payment,
        PaymentState.HELD,
        failure_code="card_declined",
        decline_code=error.decline_code,
        failure_message=str(error)[:500],
    )
    steps.move(
        booking,
        State(booking.decided_from),
        "payment_failed",
        actor.as_system(),
        data={"reason": "card_refused"},
        decision="",
        decided_from="",
        confirmation_note="",
    )
    steps.free_decided_time(booking)


def _finish(operation: PaymentOperation, state: PaymentOperation.Progress, **fields: str) -> None:
    steps.save(operation, state=state, finished_at=clock.now(), **fields)


def _try_later(booking: Booking, operation: PaymentOperation, *, error_code: str) -> None:
    """Exponential back-off with jitter, up to ten minutes."""
    ceiling = settings.OPERATION_RETRY_SECONDS * 2 ** min(operation.attempts, 16)
    wait = random.uniform(0.5, 1.0) * min(ceiling, settings.OPERATION_RETRY_CAP_SECONDS)  # noqa: S311
    operation.error_code = error_code
    _try_at(booking, operation, clock.now() + timedelta(seconds=wait))


def _try_at(booking: Booking, operation: PaymentOperation, moment: datetime) -> None:
    """Give the lease back until `moment`, or until the booking's own limit if that comes first."""
    limits = {State.PENDING_PAYMENT: booking.expires_at, State.CONFIRMING: booking.start}
    limit = limits.get(State(booking.state))
    if limit and clock.now() < limit < moment:
        moment = limit
    steps.save(operation, claimed_until=moment, error_code=operation.error_code)


def is_overdue(booking: Booking) -> bool:
    """Whether the booking's deadline has passed."""
    return booking.expires_at is not None and booking.expires_at <= clock.now()
