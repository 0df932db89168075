"""The third book: visits against the events that stand for them, here and in the calendars."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from bookings.models import Booking
from bookings.reconciliation.booking_page import BookingPage, about
from bookings.reconciliation.finding import Finding, Remedy
from bookings.states import CANCELLED, VISITS
from calendars.models import CalendarConnection, CalendarEvent
from calendars.models.connection import CONNECTED
from calendars.services.comparison import Difference, Discrepancy, differences
from findr import clock

INVARIANT = "calendar"

_SAID = {
    Discrepancy.MISSING: "is not in the calendar",
    Discrepancy.DOUBLED: "is twice in the calendar",
    Discrepancy.STALE: "stands at another time in the calendar",
    Discrepancy.ORPHANED: "is still in the calendar",
}


def check_events(page: BookingPage) -> Iterator[Finding]:
    """What is wanted of the calendars is what the visits are: that is written along with them."""
    rows = {row.booking_id: row for row in CalendarEvent.objects.filter(booking_id__in=page.ids)}
    connected = _connected_since(page)
    for booking in page.bookings:
        if wrong := _wrong_with(booking, rows.get(booking.id), connected):
            yield about(booking, INVARIANT, wrong, Remedy.WRITE_EVENT)


def check_calendars() -> Iterator[Finding]:
    """Hold every connected calendar against the visits to come. A calendar that cannot be read now is left out."""
    found = list(differences())
    numbers = dict(
        Booking.objects.filter(id__in=[one.booking_id for one in found if one.booking_id]).values_list("id", "number")
    )
    for one in found:
        yield _finding(one, numbers)


def _finding(one: Difference, numbers: dict[UUID, str]) -> Finding:
    number = numbers.get(one.booking_id) if one.booking_id else None
    said = _SAID[one.what] if number else "stands for no visit"
    if one.what in (Discrepancy.DOUBLED, Discrepancy.ORPHANED):
        key, remedy = (one.connection_id, one.calendar, one.vendor_id), Remedy.DELETE_EVENT
        return Finding(INVARIANT, number or one.vendor_id, said, one.booking_id, key, remedy)
    return Finding(INVARIANT, str(number), said, one.booking_id, one.booking_id, Remedy.WRITE_EVENT)


def _wrong_with(booking: Any, row: CalendarEvent | None, connected: dict[UUID, Any]) -> str:
    stands = booking.state in VISITS
    if row is None:
        since = connected.get(booking.team_member_id) or connected.get(booking.provider_id)
        is_owed = stands and booking.end > clock.now() and since and since <= booking.confirmed_at
        return "no event is wanted of it, though its calendar is connected" if is_owed else ""
    if stands and not row.wanted:
        return "its event is to be deleted, though the visit stands"
    if stands and (row.start, row.end) != (booking.start, booking.end):
        return "its event is wanted at another time"
    if booking.state in CANCELLED and row.wanted:
        return "its event is wanted, though it was called off"
    return ""


def _connected_since(page: BookingPage) -> dict[UUID, Any]:
    """Of each lane with a calendar, since when it has it; a member's own, or the practice's."""
    providers = {booking.provider_id for booking in page.bookings}
    found = CalendarConnection.objects.filter(status__in=CONNECTED, provider__in=providers)
    return {
        row.member_id or row.provider_id: row.connected_at for row in found.only("member", "provider", "connected_at")
    }
