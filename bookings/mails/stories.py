"""What a letter is written from: a booking as it stands, its history, and the line that the letter tells of."""

from dataclasses import dataclass
from uuid import UUID

from bookings.models import Booking, BookingEvent
from bookings.selectors.visibility import with_parties
from bookings.states import Role
from findr.accounts.models import User


@dataclass(frozen=True)
class Story:
    """One read of a booking.

    Attributes:
        history: all lines that are written by now, in order.
        cause: the line that is told.
    """

    booking: Booking
    history: list[BookingEvent]
    cause: BookingEvent


def story_of(booking_id: UUID, cause: str) -> Story | None:
    """None if there is no such line."""
    booking = with_parties(Booking.objects.select_related("provider__account")).filter(id=booking_id).first()
    if booking is None:
        return None
    history = list(booking.events.order_by("id"))
    line = next((event for event in history if str(event.id) == cause), None)
    return Story(booking, history, line) if line else None


def account_of(booking: Booking, reader: Role) -> User:
    """Who is mailed: the patient, or the practice's desk, whose sign-in can do something about it."""
    return booking.patient if reader == Role.PATIENT else booking.provider.account
