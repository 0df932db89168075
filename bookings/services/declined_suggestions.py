"""The patient takes none of the suggested times (contract 10.4, 10.5)."""

from uuid import UUID

from bookings.actors import Actor
from bookings.models import Booking, PaymentOperation
from bookings.services import cancellations
from bookings.services.open_suggestions import none_pending, refuse_unless_pending
from bookings.states import State
from bookings.transitions import lock_booking
from findr import clock
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot

DECLINED = "Declined suggested times"


def decline_suggested_times(
    *, booking_id: UUID, actor: Actor, budget: Budget, only_open: bool = False
) -> cancellations.CancelResult:
    """None of them suits the patient: the request is over and the hold is released.

    Args:
        only_open: refuse if no suggestion is open.

    Raises:
        BookingNotFound, BookingNotPending, NoPendingReschedule, DecisionInProgress: nothing changed.
        TemporarilyUnavailable: too many requests wait for vendors; nothing changed.
    """
    with vendor_slot():
        booking, operation = _decline(booking_id, actor, only_open)
        return cancellations.give_back(booking, operation, actor=actor, budget=budget)


@durable("the refusal of all suggestions is written")
def _decline(booking_id: UUID, actor: Actor, only_open: bool) -> tuple[Booking, PaymentOperation | None]:
    booking, now = lock_booking(booking_id), clock.now()
    refuse_unless_pending(booking, actor, now)
    has_open = booking.suggestions.filter(closed_at=None).exists()
    if only_open and not has_open:
        raise none_pending(booking, actor)
    event = "reschedule_declined" if has_open else "cancelled"
    return booking, cancellations.end(booking, State.CANCELLED_PATIENT, event, actor, reason=DECLINED, now=now)
