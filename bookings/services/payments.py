"""Carrying out payment operations: the vendor's call between two transactions, and what becomes of it (design 6).

An operation is a row before it is a call. Whoever holds its lease makes the call, outside any transaction, and settles
the row afterwards. After an unclear end the intent is read first, and the call is made again only if the vendor's
state shows that it was not done. Nothing here gives up: it slows down.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Exists, F, OuterRef
from django.utils.module_loading import import_string

from bookings.actors import JOB, Actor
from bookings.errors import PaymentRefused
from bookings.models import Booking, Payment, PaymentOperation
from bookings.payments.base import (
    CardRefused,
    CustomerGone,
    Disputed,
    Intent,
    IntentStatus,
    MethodRefused,
    PaymentGateway,
    Refund,
    WrongIntentState,
)
from bookings.services import intents, steps
from bookings.services.announcements import REFUNDED, Change, announce
from bookings.states import CANCELLED, ENDED, VISITS, PaymentState, State
from findr import clock
from findr.errors import TemporarilyUnavailable, VendorError
from findr.money import dollars
from findr.transactions import durable
from findr.vendor_time import Budget

logger = logging.getLogger(__name__)

Kind = PaymentOperation.Kind
Progress = PaymentOperation.Progress
# How far findr's clock and the vendor's may be apart when intents are looked for by the time of their making.
CLOCK_SKEW = timedelta(hours=1)
# How long a refund waits that the vendor refuses because of a dispute: banks take weeks.
DISPUTE_PAUSE = timedelta(hours=6)
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
# Which kind of operation must be open while a payment is on its way.
KIND_AT_WORK: dict[PaymentState, Kind] = {
    PaymentState.AUTHORIZING: Kind.AUTHORIZE,
    PaymentState.REQUIRES_ACTION: Kind.AUTHORIZE,
    PaymentState.CAPTURING: Kind.CAPTURE,
    PaymentState.RELEASING: Kind.CANCEL,
    PaymentState.REFUNDING: Kind.REFUND,
}


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
    """

    booking: Booking
    intent: Intent | None = None


def gateway() -> PaymentGateway:
    """The payment vendor that the settings name."""
    return cast("PaymentGateway", import_string(settings.PAYMENT_GATEWAY)())


def require_vendor() -> None:
    """Raises TemporarilyUnavailable if no payment vendor is configured. Ask before anything is written."""
    if not gateway().is_configured():
        logger.error("No payment vendor is configured: nobody can pay.")
        raise TemporarilyUnavailable


def carry_out(operation: PaymentOperation, *, actor: Actor, seconds: float) -> Outcome:
    """Make the call of an operation that the caller opened as its own, right after the commit, and settle it.

    The change that opened it stands, so this never raises: what cannot be settled now, the sweep settles.
    """
    try:
        return _attempt(operation, actor=actor, seconds=seconds)
    except Exception:
        logger.exception("%s was made, but not settled: the sweep carries on.", operation)
        return Outcome(operation.payment.booking)


def refusal_of(booking: Booking) -> PaymentRefused:
    """The 402 that tells why this booking's money could not be had."""
    payment = booking.payment
    return PaymentRefused(
        payment.failure_message,
        code=payment.failure_code,
        decline_code=payment.decline_code or None,
        booking_id=booking.id,
    )


def run_operation(operation_id: UUID) -> Outcome | None:
    """Take over an unfinished operation and try again; None if somebody else has it, or it is finished.

    Running it twice is harmless: the lease lets one in at a time, and the vendor is asked what it knows before
    anything is asked of it again.
    """
    operation = _claim(operation_id)
    if operation and operation.kind == Kind.CAPTURE and operation.payment.booking.start <= clock.now():
        operation = _call_off(operation)
    return _attempt(operation, actor=JOB, seconds=settings.JOB_CALL_SECONDS) if operation else None


def reopen_lost() -> list[UUID]:
    """Put an operation back to work for each payment that is on its way with nobody at work on it.

    No path is known that leads there. Should one be found, this makes it a line in the log instead of money in limbo.
    """
    at_work = PaymentOperation.objects.filter(payment=OuterRef("pk"), state=Progress.PENDING)
    lost = Payment.objects.filter(~Exists(at_work), state__in=list(KIND_AT_WORK))
    return [booking_id for booking_id in lost.values_list("booking_id", flat=True) if reopen(booking_id)]


@durable
def reopen(booking_id: UUID) -> bool:
    """Put an operation back to work for this payment; False if it is not on its way, or somebody is at work on it."""
    payment = steps.lock_booking(booking_id).payment
    kind = KIND_AT_WORK.get(PaymentState(payment.state))
    if kind is None or payment.operations.filter(state=Progress.PENDING).exists():
        return False
    last = payment.operations.filter(kind=kind, intent_id__in=["", payment.intent_id or ""]).last()
    logger.error("The payment of booking %s is %s, and nobody was at work on it.", booking_id, payment.state)
    if last is None:
        return False
    steps.save(
        last,
        state=Progress.PENDING,
        idempotency_key=str(uuid4()),
        look_first=True,
        attempts=1,  # It may have been done: the intent is read before anything is asked of it.
        claimed_until=clock.now(),
        finished_at=None,
    )
    return True


def run_open(booking_id: UUID) -> bool:
    """Take over the unfinished operations of one booking that nobody is at work on; whether there was one.

    Running it twice is harmless: see `run_operation`.
    """
    open_ones = PaymentOperation.objects.filter(payment__booking_id=booking_id, state=Progress.PENDING)
    found = list(open_ones.order_by("created_at").values_list("id", flat=True))
    outcomes = [run_operation(operation_id) for operation_id in found]
    return any(outcomes)


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
    whole = PaymentOperation.objects.select_related(
        "payment__booking__provider", "payment__booking__patient", "payment__booking__team_member"
    )
    return whole.get(id=operation_id)


@durable
def _call_off(operation: PaymentOperation) -> PaymentOperation | None:
    """At the visit's start a capture still in the air is given up: the hold is released instead (contract 6.5)."""
    booking = steps.lock_booking(operation.payment.booking_id)
    operation = _lock(booking, operation)
    if operation.state != Progress.PENDING:
        return None
    if booking.state != State.CONFIRMING:
        return operation
    logger.error("Booking %s was still being captured at its start: the hold is released.", booking.id)
    _finish(operation, Progress.FAILED, error_code=intents.TOO_LATE)
    return steps.cancel_intent(booking.payment, operation.intent_id, mine=True)


def _attempt(operation: PaymentOperation, *, actor: Actor, seconds: float) -> Outcome:
    try:
        said: Intent | Refund | VendorError = _ask(operation, Budget(seconds))
    except VendorError as error:
        said = error
    except Exception:
        logger.exception("Asking the vendor about %s failed: tried again later.", operation)
        said = VendorError("findr failed to ask.", retryable=True)
    return settle(operation, said, actor=actor)


def _ask(operation: PaymentOperation, budget: Budget) -> Intent | Refund:
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
    alive = booking.state == State.PENDING_PAYMENT and not is_overdue(booking)
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
    kept = checkout or (not is_stray and _is_secured(payment))
    if kept or operation.attempts > 1:
        known = vendor.retrieve(operation.intent_id, seconds=budget.left())
        if known.status in (IntentStatus.CANCELED, IntentStatus.SUCCEEDED) or (
            kept and known.status == IntentStatus.REQUIRES_CAPTURE
        ):
            return known
    return vendor.cancel(operation.intent_id, key=operation.idempotency_key, seconds=budget.left())


def _is_secured(payment: Payment) -> bool:
    """Whether a booking lives on this payment's hold, except one that is called off at its start."""
    if payment.state == PaymentState.CAPTURING:
        return not intents.given_up(payment)
    return payment.state in (PaymentState.HELD, PaymentState.PAID)


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


@durable
def settle(operation: PaymentOperation, said: Intent | Refund | VendorError, *, actor: Actor) -> Outcome:
    """Write down how an attempt ended, and apply what it means to the booking. Safe to run twice."""
    booking = steps.lock_booking(operation.payment.booking_id, known=operation.payment.booking)
    is_fresh, lease = operation.payment.updated_at == booking.payment.updated_at, operation.last_tried_at
    operation = _lock(booking, operation)
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
        if operation.state == Progress.PENDING and booking.state == State.PENDING_PAYMENT and is_overdue(booking):
            # The vendor cannot say; the time is freed now, and what the vendor did is undone later.
            steps.fail(booking, actor, code="payment_failed", message=intents.NOT_CHARGED)
    return Outcome(booking, intent=said if isinstance(said, Intent) else None)


def _lock(booking: Booking, operation: PaymentOperation) -> PaymentOperation:
    """The operation as it is now, locked after its booking and payment."""
    locked = booking.payment.operations.select_for_update(no_key=True).get(id=operation.id)
    locked.payment = booking.payment
    return locked


def _settle_intent(booking: Booking, operation: PaymentOperation, intent: Intent) -> None:
    """Only a state that answers the operation ends it; all others are asked about again. `learn` came first."""
    kind = Kind(operation.kind)
    if intent.status in _DONE[kind]:
        _finish(operation, Progress.SUCCEEDED, intent_id=intent.id)
    elif intent.status in _IN_VAIN[kind]:
        _finish(operation, Progress.FAILED, intent_id=intent.id, error_code=f"intent_{intent.status}")
    elif kind == Kind.AUTHORIZE:
        _await_card_holder(booking, operation, intent)
    elif kind == Kind.CANCEL and operation.intent_id == booking.payment.intent_id and _is_secured(booking.payment):
        _finish(operation, Progress.FAILED, error_code="kept")
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
            _finish(operation, Progress.FAILED, intent_id=intent.id, error_code="booking_ended")
    elif is_overdue(booking):
        _finish(operation, Progress.FAILED, intent_id=intent.id, error_code="abandoned")
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
    _finish(operation, Progress.SUCCEEDED, refund_id=refund.id)
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
            _finish(operation, Progress.FAILED, error_code=error.code)
            _back_to_waiting(booking, error, actor)
        case Kind.REFUND, Disputed():
            logger.warning("The refund of booking %s waits for the bank: the charge is disputed.", booking.id)
            steps.save(operation, idempotency_key=str(uuid4()))
            operation.error_code = "disputed"
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
    _finish(operation, Progress.FAILED, error_code=getattr(error, "code", code))
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


def _finish(operation: PaymentOperation, state: PaymentOperation.Progress, **fields: str) -> None:
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


def is_overdue(booking: Booking) -> bool:
    """Whether the booking's deadline has passed."""
    return steps.is_overdue(booking, clock.now())
