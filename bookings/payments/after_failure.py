"""A call failed: it is tried again, waits, or is refused for good."""

import logging
from collections.abc import Callable
from datetime import timedelta

from bookings.holds import free_decided_time
from bookings.models import PaymentOperation
from bookings.payments.attempt import Attempt
from bookings.payments.operations import close, try_at, try_later, with_new_key
from bookings.payments.reversals import cancel_intent
from bookings.payments.rules import Failure, FailureKind, Next
from bookings.states import CHECKOUT, ENDED, PaymentState, State
from bookings.transitions import fail, move, move_payment
from findr import clock
from findr.saving import save

logger = logging.getLogger(__name__)
Reason = PaymentOperation.Reason
Status = PaymentOperation.Status
# How long a refund waits that the vendor refuses because of a dispute: banks take weeks.
DISPUTE_PAUSE = timedelta(hours=6)


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
    if payment.state not in CHECKOUT:
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


AFTER_FAILURE: dict[Next, Callable[[Attempt, Failure], None]] = {
    Next.TRY_AGAIN: _try_again,
    Next.TRY_WITH_NEW_KEY: _try_again_after_odd_no,
    Next.WAIT_FOR_BANK: _wait_for_bank,
    Next.REFUSE_CHECKOUT: _refuse_checkout,
    Next.BACK_TO_WAITING: _back_to_waiting,
}
