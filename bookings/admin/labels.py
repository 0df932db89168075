"""States as coloured labels. The word tells, the colour helps."""

from django.utils.safestring import SafeString

from bookings.admin.formatting import label, plain
from bookings.models import Payment, PaymentOperation, StripeEvent
from bookings.states import WAITING, PaymentState, State

_OPERATION_COLOURS = {"pending": "warning", "succeeded": "success", "failed": "danger"}
_OUTCOMES = {"": "not processed", "applied": "applied", "ignored": "not about a payment", "unknown": "unknown payment"}
_OUTCOME_COLOURS = {"": "warning", "applied": "success", "unknown": "danger"}
_GOOD = (State.CONFIRMED, State.CHECKED_IN, State.IN_PROGRESS, State.COMPLETED)
_PAYMENT_COLOURS = {
    PaymentState.PAID: "success",
    PaymentState.HELD: "info",
    PaymentState.FAILED: "danger",
    PaymentState.AUTHORIZING: "warning",
    PaymentState.REQUIRES_ACTION: "warning",
    PaymentState.CAPTURING: "warning",
    PaymentState.RELEASING: "warning",
    PaymentState.REFUNDING: "warning",
}


def state_label(state: str) -> SafeString:
    """A booking's state."""
    if state in _GOOD:
        return label(plain(state), "success")
    if state in WAITING:
        return label(plain(state), "info")
    return label(plain(state), "danger" if state == State.PAYMENT_FAILED else "")


def payment_label(payment: Payment) -> SafeString:
    """A payment's state; a free visit has one too, but nothing is to be paid."""
    if not payment.amount_cents:
        return label("free")
    return label(plain(payment.state), _PAYMENT_COLOURS.get(PaymentState(payment.state), ""))


def operation_label(operation: PaymentOperation) -> SafeString:
    """How a call to the payment vendor stands."""
    return label(operation.state, _OPERATION_COLOURS[operation.state])


def event_label(event: StripeEvent) -> SafeString:
    """What became of an event."""
    return label(_OUTCOMES[event.outcome], _OUTCOME_COLOURS.get(event.outcome, ""))
