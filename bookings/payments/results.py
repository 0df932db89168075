"""What a call came to: written down in one transaction, and applied to its booking. Safe twice."""

from bookings import deadlines
from bookings.actors import Actor
from bookings.models import Booking, PaymentOperation
from bookings.payments import rules
from bookings.payments.after_failure import AFTER_FAILURE
from bookings.payments.after_intent import AFTER_INTENT
from bookings.payments.after_refund import after_refund
from bookings.payments.apply_intent import NOT_CHARGED, apply_intent
from bookings.payments.attempt import Attempt, AttemptResult
from bookings.payments.operations import lock_operation, try_later
from bookings.payments.vendor_calls import CallResult
from bookings.states import State
from bookings.transitions import fail
from findr import clock
from findr.outbox import leases
from findr.transactions import durable

Kind = PaymentOperation.Kind
Reason = PaymentOperation.Reason
Status = PaymentOperation.Status


@durable("the vendor's answer is recorded")
def record_result(operation: PaymentOperation, result: CallResult, *, actor: Actor) -> AttemptResult:
    """Write down what a call came to, and apply what it means to the booking. Safe to run twice.

    Args:
        operation: as whoever made the call had it: its lease, and its payment as it was before the call.
    """
    locked = lock_operation(operation)
    booking = locked.payment.booking
    is_fresh = operation.payment.updated_at == booking.payment.updated_at
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
        AFTER_INTENT[rules.after_intent(kind, result.intent)](attempt, result.intent)
    elif result.refund:
        after_refund(attempt, result.refund)
    elif result.failure:
        AFTER_FAILURE[rules.after_failure(kind, result.failure)](attempt, result.failure)


def _end_overdue_checkout(booking: Booking, operation: PaymentOperation, actor: Actor) -> None:
    """The vendor cannot say; the time is freed now, and what the vendor did is undone later."""
    is_open = operation.state == Status.PENDING and booking.state == State.PENDING_PAYMENT
    if is_open and deadlines.is_overdue(booking, clock.now()):
        fail(booking, actor, code="payment_failed", message=NOT_CHARGED)
