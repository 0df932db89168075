"""Whether a booking lives on its payment's hold."""

from bookings.models import Payment, PaymentOperation
from bookings.models.payment_operation import OperationReason as Reason
from bookings.states import PaymentState
from findr import clock

Kind = PaymentOperation.Kind


def is_capture_abandoned(payment: Payment) -> bool:
    """Whether the capture was called off, as it is at the visit's start."""
    if clock.now() < payment.booking.start:
        return False
    return payment.operations.filter(kind=Kind.CAPTURE, reason=Reason.CAPTURE_ABANDONED).exists()


def is_secured(payment: Payment) -> bool:
    """Whether a booking lives on this payment's hold, except one that is called off at its start."""
    if payment.state == PaymentState.CAPTURING:
        return not is_capture_abandoned(payment)
    return payment.state in (PaymentState.HELD, PaymentState.PAID)
