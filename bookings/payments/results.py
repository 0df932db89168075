"""What a call came to: how its operation goes on, and what that means to its booking. In one transaction, safe twice."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from bookings import deadlines
from bookings.actors import Actor
from bookings.changes import Change, ChangeKind
from bookings.effects import owe
from bookings.holds import free_decided_time
from bookings.models import Booking, PaymentOperation
from bookings.payments import rules
from bookings.payments.apply_intent import NOT_CHARGED, apply_intent
from bookings.payments.gateway import Intent, Refund
from bookings.payments.operations import (
    cancel_intent,
    close,
    is_secured,
    lock_operation,
    refund,
    try_at,
    try_later,
    with_new_key,
)
from bookings.payments.rules import Failure, FailureKind, News, Next
from bookings.payments.vendor_calls import CallResult
from bookings.states import CANCELLED, ENDED, VISITS, PaymentState, State
from bookings.transitions import fail, lock_booking, move, move_payment, record
from findr import clock
from findr.money import dollars
from findr.outbox import leases
from findr.saving import save
from findr.transactions import durable

logger = logging.getLogger(__name__)

Kind = PaymentOperation.Kind
Reason = PaymentOperation.Reason
Status = PaymentOperation.Status
# How long a refund waits that the vendor refuses because of a dispute: banks take weeks.
DISPUTE_PAUSE = timedelta(hours=6)


@dataclass(frozen=True)
class AttemptResult:
    """How one attempt ended.

    Attributes:
        booking: as it is after the result was recorded.
        intent: what the vendor said, if it said anything; it carries the client secret, which is never stored.
    """

    booking: Booking
    intent: Intent | None = None


@dataclass(frozen=True)
class Attempt:
    """One call that was made, with its booking and operation as they are now, locked."""

    booking: Booking
    operation: PaymentOperation
    actor: Actor


@durable("the vendor's answer is recorded")
def record_result(operation: PaymentOperation, result: CallResult, *, actor: Actor) -> AttemptResult:
    """Write down what a call came to, and apply what it means to the booking. Safe to run twice.

    Args:
        operation: as whoever made the call had it: its lease, and its payment as it was before the call.
    """
    booking = lock_booking(operation.payment.booking_id, known=operation.payment.booking)
    is_fresh = operation.payment.updated_at == booking.payment.updated_at
    locked = lock_operation(booking, operation.id)
    has_lease = leases.is_same(locked, operation)
    is_stale = result.intent is not None and not apply_intent(booking, result.intent, actor, is_fresh=is_fresh)
    # A failure counts only for whoever has the lease; what the vendor says of its own state is true for everybody.
    if locked.state == Status.PENDING and (has_lease or not result.failure):
        _go_on(Attempt(booking, locked, actor), result, is_stale=is_stale)
        _end_overdue_checkout(booking, locked, actor)
    return AttemptResult(booking, intent=result.intent)


def _go_on(attempt: Attempt, result: CallResult, *, is_stale: bool) -> None:
    kind = Kind(attempt.operation.kind)
    if is_stale:
        try_later(attempt.booking, attempt.operation, Reason.STALE)
    elif result.intent:
        _AFTER_INTENT[rules.after_intent(kind, result.intent)](attempt, result.intent)
    elif result.refund:
        _after_refund(attempt, result.refund)
    elif result.failure:
        _AFTER_FAILURE[rules.after_failure(kind, result.failure)](attempt, result.failure)


def _end_overdue_checkout(booking: Booking, operation: PaymentOperation, actor: Actor) -> None:
    """The vendor cannot say; the time is freed now, and what the vendor did is undone later."""
    is_open = operation.state == Status.PENDING and booking.state == State.PENDING_PAYMENT
    if is_open and deadlines.is_overdue(booking, clock.now()):
        fail(booking, actor, code="payment_failed", message=NOT_CHARGED)


# --- An intent came back: only a state that answers the operation ends it. `apply_intent` came first ----------------
def _succeed(attempt: Attempt, intent: Intent) -> None:
    close(attempt.operation, Status.SUCCEEDED, intent_id=intent.id)


def _fail(attempt: Attempt, intent: Intent) -> None:
    close(
        attempt.operation,
        Status.FAILED,
        intent_id=intent.id,
        reason=Reason.INTENT_STATUS,
        vendor_code=intent.status.value,
    )


def _await_card_holder(attempt: Attempt, intent: Intent) -> None:
    """3-D Secure runs: ask again soon. Abandoned: close the intent. Ended meanwhile: `apply_intent` has seen to it."""
    booking, operation = attempt.booking, attempt.operation
    if booking.state != State.PENDING_PAYMENT:
        if rules.RULES[intent.status].news is News.NONE:  # It may yet come to hold money.
            _try_later_because_of(attempt, intent)
        else:
            close(operation, Status.FAILED, intent_id=intent.id, reason=Reason.BOOKING_ENDED)
    elif deadlines.is_overdue(booking, clock.now()):
        close(operation, Status.FAILED, intent_id=intent.id, reason=Reason.ABANDONED)
        cancel_intent(booking.payment, intent.id, lease_now=False)
    else:
        try_at(booking, operation, clock.now() + timedelta(seconds=settings.CHECKOUT_POLL_SECONDS))


def _undo_unless_secured(attempt: Attempt, intent: Intent) -> None:
    payment = attempt.booking.payment
    if attempt.operation.intent_id == payment.intent_id and is_secured(payment):
        close(attempt.operation, Status.FAILED, reason=Reason.KEPT)
    else:
        _try_with_new_key(attempt, intent)


def _try_with_new_key(attempt: Attempt, intent: Intent) -> None:
    _try_later_because_of(attempt, intent, **with_new_key())


def _try_later_because_of(attempt: Attempt, intent: Intent, **fields: str) -> None:
    try_later(attempt.booking, attempt.operation, Reason.INTENT_STATUS, vendor_code=intent.status.value, **fields)


_AFTER_INTENT: dict[Next, Callable[[Attempt, Intent], None]] = {
    Next.SUCCEED: _succeed,
    Next.FAIL: _fail,
    Next.AWAIT_CARD_HOLDER: _await_card_holder,
    Next.UNDO_UNLESS_SECURED: _undo_unless_secured,
    Next.TRY_WITH_NEW_KEY: _try_with_new_key,
}


# --- A refund came back ---------------------------------------------------------------------------------------------
def _after_refund(attempt: Attempt, made: Refund) -> None:
    booking, operation = attempt.booking, attempt.operation
    if made.has_failed:
        logger.error("Refund %s of booking %s was %s: tried anew.", made.id, booking.id, made.status)
        try_later(booking, operation, Reason.REFUND_FAILED, vendor_code=made.status, **with_new_key())
        return
    close(operation, Status.SUCCEEDED, refund_id=made.id)
    if (
        operation.intent_id == booking.payment.intent_id
    ):  # Else an unexpected intent's, never counted as this booking's.
        _count_refund(attempt, made)


def _count_refund(attempt: Attempt, made: Refund) -> None:
    booking, payment, actor = attempt.booking, attempt.booking.payment, attempt.actor
    refunded = payment.refunded_cents + made.amount
    whole = refunded >= payment.captured_cents
    to = PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED
    move_payment(payment, to, refunded_cents=refunded)
    record(booking, "payment_refunded", actor.as_system(), data={"amount": dollars(made.amount)})
    # What goes back with a cancellation was told with it.
    if attempt.operation.by_staff or booking.state in (*VISITS, State.COMPLETED, State.NO_SHOW):
        state = State(booking.state)
        owe(booking, Change(state, state, actor, beside_moves=ChangeKind.REFUNDED))
    # Called off while another refund was under way: what that one did not cover is still owed.
    owed = payment.captured_cents - booking.fee_cents - refunded
    if booking.state in CANCELLED and owed > 0:
        refund(booking, actor, amount_cents=owed, lease_now=False)


# --- The call failed ------------------------------------------------------------------------------------------------
def _try_again(attempt: Attempt, failure: Failure) -> None:
    logger.warning("%s of booking %s ended unclear: %s", attempt.operation.kind, attempt.booking.id, failure.message)
    fields = with_new_key(has_new_key=True) if failure.key_is_spent else {}
    try_later(attempt.booking, attempt.operation, Reason.UNCLEAR, **fields)


def _try_again_after_odd_no(attempt: Attempt, failure: Failure) -> None:
    """A no that the vendor should not say. Only its state ends the matter, so it is asked again, and seen."""
    logger.error("%s of booking %s: %s", attempt.operation.kind, attempt.booking.id, failure.message)
    try_later(attempt.booking, attempt.operation, Reason.REFUSED, **with_new_key())


def _wait_for_bank(attempt: Attempt, failure: Failure) -> None:
    logger.warning("The refund of booking %s waits for the bank: the charge is disputed.", attempt.booking.id)
    due_at = clock.now() + DISPUTE_PAUSE
    try_at(attempt.booking, attempt.operation, due_at, reason=Reason.DISPUTED, **with_new_key())


def _refuse_checkout(attempt: Attempt, failure: Failure) -> None:
    booking, payment = attempt.booking, attempt.booking.payment
    close(attempt.operation, Status.FAILED, reason=Reason.REFUSED, vendor_code=failure.code)
    if booking.state == State.PENDING_PAYMENT:
        code, message = _told_to_patient(failure)
        fail(booking, attempt.actor, code=code, message=message, decline_code=failure.decline_code)
    if payment.state not in (PaymentState.AUTHORIZING, PaymentState.REQUIRES_ACTION):
        return
    if failure.intent_id and not payment.intent_id:
        save(payment, intent_id=failure.intent_id)
    if payment.intent_id:
        cancel_intent(payment, payment.intent_id, lease_now=False)
    elif booking.state in ENDED:
        move_payment(
            payment,
            PaymentState.FAILED if booking.state == State.PAYMENT_FAILED else PaymentState.RELEASED,
        )


def _told_to_patient(failure: Failure) -> tuple[str, str]:
    """The wire's code and a sentence for the patient. The vendor's own words are for people only about cards."""
    match failure.kind:
        case FailureKind.CARD_REFUSED:
            return "card_declined", failure.message
        case FailureKind.METHOD_REFUSED:
            return "payment_method_invalid", "This payment method cannot be used."
        case _:
            logger.warning("A checkout was refused: %s", failure.message)
            return "payment_failed", "The payment could not be made."


def _back_to_waiting(attempt: Attempt, failure: Failure) -> None:
    """The capture was refused and the hold still stands: as it was before the decision, and it may be tried again."""
    booking = attempt.booking
    close(attempt.operation, Status.FAILED, reason=Reason.REFUSED, vendor_code=failure.code)
    if booking.state != State.CONFIRMING:
        return
    move_payment(
        booking.payment,
        PaymentState.HELD,
        failure_code="card_declined",
        decline_code=failure.decline_code,
        failure_message=failure.message[:500],
    )
    move(
        booking,
        State(booking.decided_from),
        "payment_failed",
        attempt.actor.as_system(),
        data={"reason": "card_refused"},
        decision="",
        decided_from="",
        confirmation_note="",
        accepted_suggestion=None,
        start=booking.requested_start,
        end=booking.requested_end,
    )
    free_decided_time(booking)


_AFTER_FAILURE: dict[Next, Callable[[Attempt, Failure], None]] = {
    Next.TRY_AGAIN: _try_again,
    Next.TRY_WITH_NEW_KEY: _try_again_after_odd_no,
    Next.WAIT_FOR_BANK: _wait_for_bank,
    Next.REFUSE_CHECKOUT: _refuse_checkout,
    Next.BACK_TO_WAITING: _back_to_waiting,
}
