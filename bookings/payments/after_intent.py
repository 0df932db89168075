"""An intent came back: only a state that answers the operation ends it. `apply_intent` came first."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings

from bookings import deadlines
from bookings.models import PaymentOperation
from bookings.payments import rules
from bookings.payments.attempt import Attempt
from bookings.payments.gateway import Intent
from bookings.payments.operations import close, try_at, try_later, with_new_key
from bookings.payments.reversals import cancel_intent
from bookings.payments.rules import News, Next
from bookings.payments.secured import is_secured
from bookings.states import State
from findr import clock

Reason = PaymentOperation.Reason
Status = PaymentOperation.Status


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


AFTER_INTENT: dict[Next, Callable[[Attempt, Intent], None]] = {
    Next.SUCCEED: _succeed,
    Next.FAIL: _fail,
    Next.AWAIT_CARD_HOLDER: _await_card_holder,
    Next.UNDO_UNLESS_SECURED: _undo_unless_secured,
    Next.TRY_WITH_NEW_KEY: _try_with_new_key,
}
