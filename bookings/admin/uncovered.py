"""How the console shows that hours and time off do not cover what is booked: on a booking's page, and beside it in a list."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.safestring import SafeString

from bookings.admin.formatting import label
from bookings.availability.uncovered import Uncovered, uncovered_among
from bookings.models import Booking
from bookings.states import State
from providers.admin_times import span

TITLE = "Outside hours or in time off"


def not_covered(booking: Booking) -> list[str]:
    """Each of a booking's times that is not covered, in a sentence."""
    return [
        f"{_what(booking, one)} {span(one.start, one.end, booking.provider.zone)} lies {where(one)}."
        " It stays as it is until somebody deals with it."
        for one in uncovered_among(id=booking.id)
    ]


def _what(booking: Booking, one: Uncovered) -> str:
    if one.suggestion_id:
        return "The suggested time"
    return "The visit on" if booking.state == State.CONFIRMED else "The request for"


def marks(bookings: Iterable[Booking]) -> dict[UUID, SafeString]:
    """A label for each of these bookings that has a time which is not covered: of its first one."""
    found = uncovered_among(id__in=[booking.id for booking in bookings])
    return {one.booking_id: label(_mark(one), "warning") for one in reversed(found)}


def _mark(one: Uncovered) -> str:
    return f"{'suggested: ' if one.suggestion_id else ''}{where(one)}"


def where(one: Uncovered) -> str:
    """Why it is not covered."""
    return "in time off" if one.is_within_hours else "outside the opening hours"
