"""Staff give money back, and leave the booking as it is (contract 15.6, "staff refund")."""

from uuid import UUID

from bookings.actors import Actor
from bookings.errors import DecisionInProgress, NotRefundable
from bookings.models import Booking, PaymentOperation
from bookings.payments.execution import execute_inline
from bookings.payments.reversals import refund
from bookings.payments.vendor import require_vendor
from bookings.states import CANCELLED, PaymentState
from bookings.transitions import lock_booking, record
from findr.money import dollars
from findr.saving import save
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot


def refundable_cents(booking: Booking) -> int:
    """What could be given back now. Expects the payment."""
    payment = booking.payment
    if payment.state not in (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED):
        return 0
    return payment.kept_cents


def refund_booking(
    *, booking_id: UUID, amount_cents: int, reason: str, actor: Actor, budget: Budget, seen: str | None = None
) -> Booking:
    """Give some of the captured money back, at once if the vendor answers.

    Args:
        seen: only of this version of the booking (`transitions.version_of`): a second click finds another one.

    Raises:
        BookingNotFound, ChangedMeanwhile, NotRefundable, DecisionInProgress: nothing changed.
        TemporarilyUnavailable: no payment vendor is configured, or too many requests wait for vendors; nothing changed.
    """
    with vendor_slot():
        booking, operation = _open(booking_id, amount_cents, reason, actor, seen)
        if operation is None:
            return booking
        return execute_inline(operation, actor=actor, budget=budget).booking


@durable("the refund by staff is written")
def _open(
    booking_id: UUID, amount_cents: int, reason: str, actor: Actor, seen: str | None
) -> tuple[Booking, PaymentOperation | None]:
    booking = lock_booking(booking_id, seen=seen)
    if booking.payment.state == PaymentState.REFUNDING:
        raise DecisionInProgress
    if not 0 < amount_cents <= refundable_cents(booking):
        raise NotRefundable
    require_vendor()
    record(booking, "note", actor, data={"reason": reason, "amount": dollars(amount_cents)})
    if booking.state in CANCELLED:  # What was kept was the fee: it is this much smaller now.
        save(booking, fee_cents=max(0, booking.fee_cents - amount_cents))
    return booking, refund(booking, actor, amount_cents=amount_cents, by_staff=True, lease_now=True)
