"""The event of a visit is wanted as the visit is: for the books, and for staff who want it written again."""

from uuid import UUID

from bookings.effects import visit_of
from bookings.states import CANCELLED, VISITS
from bookings.transitions import lock_booking
from calendars.services.events import want_moved_event, want_no_event
from findr.transactions import durable


@durable("what is wanted of the calendar is set right")
def want_event_anew(*, booking_id: UUID, seen: str | None = None) -> None:
    """Have the event of a visit written again, or made if it has none; that of a cancelled one deleted. By a job.

    Args:
        seen: only this version of the booking (`transitions.version_of`).

    Raises:
        BookingNotFound, ChangedMeanwhile: nothing changed.
    """
    booking = lock_booking(booking_id, seen=seen)
    if booking.state in VISITS:
        want_moved_event(visit_of(booking))
    elif booking.state in CANCELLED:
        want_no_event(booking_id)
