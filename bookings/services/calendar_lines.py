"""What became of a visit's event in the calendar, as lines of the booking's history (contract 12.2)."""

from typing import Any
from uuid import UUID

from bookings.actors import JOB
from bookings.models import Booking
from bookings.transitions import lock_booking, record

_LINES = {
    "created": "calendar_event_created",
    "updated": "calendar_event_updated",
    "deleted": "calendar_event_deleted",
    "failed": "calendar_sync_failed",
}


def lock_for_line(sender: Any, *, booking_id: UUID, **_: Any) -> None:
    """Receives `calendars.signals.event_about_to_change`: a line that says in which state a visit stands is written while it
    stands there. A booking is locked before its event everywhere, so that nobody waits for each other."""
    lock_booking(booking_id)


def record_event_synced(sender: Any, *, booking_id: UUID, what: str, error: str, **_: Any) -> None:
    """Receives `calendars.signals.event_synced`, in the transaction in which it became true."""
    booking = Booking.objects.only("id", "state").get(id=booking_id)
    record(booking, _LINES[what], JOB, data={"reason": error} if error else {})


_OUTSIDE = {"deleted": "calendar_event_deleted", "moved": "calendar_event_updated"}


def record_event_changed_outside(sender: Any, *, booking_id: UUID, what: str, **_: Any) -> None:
    """Receives `calendars.signals.event_changed_outside`, likewise. The booking itself stays as it is."""
    booking = Booking.objects.only("id", "state").get(id=booking_id)
    record(booking, _OUTSIDE[what], JOB, data={"reason": "by hand, in the calendar"})
