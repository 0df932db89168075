"""Settling an attempt: how an operation ended, and what that means to its booking. In one transaction, safe to run twice."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings

from bookings import deadlines
from bookings.actors import Actor
from bookings.models import Booking, PaymentOperation
from bookings.payments.base import CardRefused, Disputed, Intent, IntentStatus, MethodRefused, Refund
from bookings.services import intents, steps
from bookings.services.announcements import REFUNDED, Change, announce
from bookings.states import CANCELLED, ENDED, VISITS, PaymentState, State
from findr import clock
from findr.errors import VendorError
from findr.money import dollars
from findr.transactions import durable

logger = logging.getLogger(__name__)

Kind = PaymentOperation.Kind
Progress = PaymentOperation.Progress
# How long a refund waits that the vendor refuses because of a dispute: banks take weeks.
DISPUTE_PAUSE, DISPUTED = timedelta(hours=6), "disputed"
_REFUSED = (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION)
# The states of an intent that answer an operation: it was done, or it never will be.
_DONE: dict[Kind, tuple[IntentStatus, ...]] = {
    Kind.AUTHORIZE: (IntentStatus.REQUIRES_CAPTURE, IntentStatus.SUCCEEDED),
    Kind.CAPTURE: (IntentStatus.SUCCEEDED,),
    Kind.CANCEL: (IntentStatus.CANCELED,),
}
_IN_VAIN: dict[Kind, tuple[IntentStatus, ...]] = {
    Kind.AUTHORIZE: (IntentStatus.CANCELED, *_REFUSED),
    Kind.CAPTURE: (IntentStatus.CANCELED, *_REFUSED),
    Kind.CANCEL: (IntentStatus.SUCCEEDED,),
}


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended.

    Attributes:
        booking: as it is after the attempt was settled.
        intent: what the vendor said, if it said anything; it carries the client secret, which is never stored.
    """

    booking: Booking
    intent: Intent | None = None


@durable
def settle(operation: PaymentOperation, said: Intent | Refund | VendorError, *, actor: Actor) -> Outcome:
    """Write down how an attempt ended, and apply what it means to the booking. Safe to run twice."""
    booking = steps.lock_booking(operation.payment.booking_id, known=operation.payment.booking)
    is_fresh, lease = operation.payment.updated_at == booking.payment.updated_at, operation.last_tried_at
    operation = lock(booking, operation)
    is_mine = operation.last_tried_at == lease
    is_old_news = isinstance(said, Intent) and not intents.learn(booking, said, actor, is_fresh=is_fresh)
    if operation.state == Progress.PENDING and (is_mine or not isinstance(said, VendorError)):
        match said:
            case Intent() if is_old_news:
                _try_later(booking, operation, error_code="old_news")
            case Intent():
                _settle_intent(booking, operation, said)
            case Refund():
                _settle_refund(booking, operation, said, actor)
            case VendorError(retryable=True):
                _settle_unclear(booking, operation, said)
            case _:
                _settle_refusal(booking, operation, said, actor)
        if (
            operation.state == Progress.PENDING
            and booking.state == State.PENDING_PAYMENT
            and deadlines.is_overdue(booking, clock.now())
        ):
            # The vendor cannot say; the time is freed now, and what the vendor did is undone later.
            steps.fail(booking, actor, code="payment_failed", message=intents.NOT_CHARGED)
    return Outcome(booking, intent=said if isinstance(said, Intent) else None)


def lock(booking: Booking, operation: PaymentOperation) -> PaymentOperation:
    """The operation as it is now, locked after its booking and payment."""
    locked = booking.payment.operations.select_for_update(no_key=True).get(id=operation.id)
    locked.payment = booking.payment
    return locked


def _settle_intent(booking: Booking, operation: PaymentOperation, intent: Intent) -> None:
    """Only a state that answers the operation ends it; all others are asked about again. `learn` came first."""
    kind = Kind(operation.kind)
    if intent.status in _DONE[kind]:
        finish(operation, Progress.SUCCEEDED, intent_id=intent.id)
    elif intent.status in _IN_VAIN[kind]:
        finish(operation, Progress.FAILED, intent_id=intent.id, error_code=f"intent_{intent.status}")
    elif kind == Kind.AUTHORIZE:
        _await_card_holder(booking, operation, intent)
    elif (
        kind == Kind.CANCEL and operation.intent_id == booking.payment.intent_id and intents.is_secured(booking.payment)
    ):
        finish(operation, Progress.FAILED, error_code="kept")
    else:
        # The vendor keeps its no under the old key. A new one is safe: the intent is read before it is asked again.
        steps.save(operation, idempotency_key=str(uuid4()))
        _try_later(booking, operation, error_code=f"intent_{intent.status}")


def _await_card_holder(booking: Booking, operation: PaymentOperation, intent: Intent) -> None:
    """3-D Secure runs: ask again soon. Abandoned: close the intent. Ended meanwhile: `learn` has seen to it."""
    if booking.state != State.PENDING_PAYMENT:
        if intent.status == IntentStatus.PROCESSING:
            _try_later(booking, operation, error_code="intent_processing")  # It may yet come to hold money.
        else:
            finish(operation, Progress.FAILED, intent_id=intent.id, error_code="booking_ended")
    elif deadlines.is_overdue(booking, clock.now()):
        finish(operation, Progress.FAILED, intent_id=intent.id, error_code="abandoned")
        steps.cancel_intent(booking.payment, intent.id, mine=False)
    else:
        operation.attempts = 1  # The vendor answers well: no reason to slow down.
        _try_at(booking, operation, clock.now() + timedelta(seconds=settings.CHECKOUT_POLL_SECONDS))


def _settle_refund(booking: Booking, operation: PaymentOperation, refund: Refund, actor: Actor) -> None:
    payment = booking.payment
    if refund.status in ("failed", "canceled"):
        logger.error("Refund %s of booking %s was %s: tried anew.", refund.id, booking.id, refund.status)
        steps.save(operation, idempotency_key=str(uuid4()))
        _try_later(booking, operation, error_code=f"refund_{refund.status}")
        return
    finish(operation, Progress.SUCCEEDED, refund_id=refund.id)
    if operation.intent_id != payment.intent_id:
        return  # A stray intent's money: never counted as this booking's.
    refunded = payment.refunded_cents + refund.amount
    whole = refunded >= payment.captured_cents
    to = PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED
    steps.move_payment(payment, to, refunded_cents=refunded)
    steps.record(booking, "payment_refunded", actor.as_system(), data={"amount": dollars(refund.amount)})
    # What goes back with a cancellation was told with it.
    if operation.by_staff or booking.state in (*VISITS, State.COMPLETED, State.NO_SHOW):
        state = State(booking.state)
        announce(booking, Change(state, state, actor, what=REFUNDED))
    # Called off while another refund was under way: what that one did not cover is still owed.
    owed = payment.captured_cents - booking.fee_cents - refunded
    if booking.state in CANCELLED and owed > 0:
        steps.refund(booking, actor, amount_cents=owed, mine=False)


def _settle_unclear(booking: Booking, operation: PaymentOperation, error: VendorError) -> None:
    logger.warning("%s of booking %s ended unclear: %s", operation.kind, booking.id, error)
    if error.stored:
        steps.save(operation, idempotency_key=str(uuid4()), look_first=True)
    _try_later(booking, operation, error_code="unclear")


def _settle_refusal(booking: Booking, operation: PaymentOperation, error: VendorError, actor: Actor) -> None:
    match operation.kind, error:
        case Kind.AUTHORIZE, _:
            _settle_refused_checkout(booking, operation, error, actor)
        case Kind.CAPTURE, CardRefused(intent=Intent() as intent) if intent.status != IntentStatus.REQUIRES_CAPTURE:
            intents.learn(booking, intent, actor)
            _settle_intent(booking, operation, intent)
        case Kind.CAPTURE, CardRefused():
            finish(operation, Progress.FAILED, error_code=error.code)
            _back_to_waiting(booking, error, actor)
        case Kind.REFUND, Disputed():
            logger.warning("The refund of booking %s waits for the bank: the charge is disputed.", booking.id)
            steps.save(operation, idempotency_key=str(uuid4()))
            operation.error_code = DISPUTED
            _try_at(booking, operation, clock.now() + DISPUTE_PAUSE)
        case _:
            # A no that the vendor should not say. Only its state ends the matter, so it is asked again, and seen. Under
            # a new key, since the no is kept under the old one; what has been done is found before.
            logger.error("%s of booking %s: %s", operation.kind, booking.id, error)
            steps.save(operation, idempotency_key=str(uuid4()))
            _try_later(booking, operation, error_code="refused")


def _settle_refused_checkout(booking: Booking, operation: PaymentOperation, error: VendorError, actor: Actor) -> None:
    payment = booking.payment
    code, message = _reason(error)
    finish(operation, Progress.FAILED, error_code=getattr(error, "code", code))
    if booking.state == State.PENDING_PAYMENT:
        decline_code = error.decline_code if isinstance(error, CardRefused) else ""
        steps.fail(booking, actor, code=code, message=message, decline_code=decline_code)
    if payment.state not in (PaymentState.AUTHORIZING, PaymentState.REQUIRES_ACTION):
        return
    if isinstance(error, CardRefused) and error.intent and not payment.intent_id:
        steps.save(payment, intent_id=error.intent.id)
    if payment.intent_id:
        steps.cancel_intent(payment, payment.intent_id, mine=False)
    elif booking.state in ENDED:
        steps.move_payment(
            payment,
            PaymentState.FAILED if booking.state == State.PAYMENT_FAILED else PaymentState.RELEASED,
        )


def _reason(error: VendorError) -> tuple[str, str]:
    """The wire's code and a sentence for the patient. The vendor's own words are for people only about cards."""
    match error:
        case CardRefused():
            return "card_declined", str(error)
        case MethodRefused():
            return "payment_method_invalid", "This payment method cannot be used."
        case _:
            logger.warning("A checkout was refused: %s", error)
            return "payment_failed", "The payment could not be made."


def _back_to_waiting(booking: Booking, error: CardRefused, actor: Actor) -> None:
    """The capture was refused and the hold still stands: as it was before the decision, and it may be tried again."""
    if booking.state != State.CONFIRMING:
        return
    steps.move_payment(
        booking.payment,
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
        accepted_suggestion=None,
        start=booking.requested_start,
        end=booking.requested_end,
    )
    steps.free_decided_time(booking)


def finish(operation: PaymentOperation, state: PaymentOperation.Progress, **fields: str) -> None:
    steps.save(operation, state=state, finished_at=clock.now(), **fields)


def _try_later(booking: Booking, operation: PaymentOperation, *, error_code: str) -> None:
    operation.error_code = error_code
    _try_at(booking, operation, steps.next_try(operation.attempts))


def _try_at(booking: Booking, operation: PaymentOperation, moment: datetime) -> None:
    """Give the lease back until `moment`, or until the booking's own limit if that comes first."""
    limits = {State.PENDING_PAYMENT: booking.expires_at, State.CONFIRMING: booking.start}
    limit = limits.get(State(booking.state))
    if limit and clock.now() < limit < moment:
        moment = limit
    steps.save(operation, claimed_until=moment, attempts=operation.attempts, error_code=operation.error_code)
