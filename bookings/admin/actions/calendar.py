"""Staff have a visit's event written into the calendar again."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry

from bookings.actors import Actor
from bookings.admin.actions.base import ActionForm, ActionResult, StaffAction, start_of
from bookings.admin.formatting import plain
from bookings.admin.tables.calendar import event_of_page
from bookings.models import Booking
from bookings.services.calendar_events import want_event_anew
from bookings.states import CANCELLED, VISITS
from calendars.models import CalendarConnection
from calendars.selectors import connection_of
from findr import clock

AGAIN = "Written into the calendar again."


def _where(booking: Booking) -> tuple[CalendarConnection | None, str]:
    """The account that its event is, or would be, written to; or why nothing can be written."""
    if booking.state not in (*VISITS, *CANCELLED):
        return None, f"it is {plain(booking.state)}"
    event = event_of_page(booking)
    if event is None and (booking.state in CANCELLED or booking.end <= clock.now()):
        return None, "it was never written into a calendar"
    connection = event.connection if event else connection_of(booking.provider_id, booking.team_member_id)
    if connection is None:
        return None, "no calendar is connected"
    if not connection.is_reachable:
        return None, f"the {connection} is out of reach until its owner connects it again"
    return connection, ""


def _fits(booking: Booking) -> bool:
    return _where(booking)[0] is not None


def _preview(booking: Booking) -> str:
    connection, why_not = _where(booking)
    if connection is None:
        return f"Nothing can be done: {why_not}."
    if booking.state in CANCELLED:
        return f"The visit was called off: its event is deleted from the {connection}, if it is still there."
    return (
        f"Its event is written into the {connection}, for {start_of(booking)}. One that is there already is put right."
    )


def _write(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    """No line of the booking's history: nothing of it changes, and what comes of the event is a line by itself."""
    _, why_not = _where(booking)
    if why_not:
        return ActionResult(messages.WARNING, f"{booking}: nothing was done: {why_not}.")
    want_event_anew(booking_id=booking.id, seen=given["seen"])
    LogEntry.objects.log_actions(cast("UUID", actor.user_id), [booking], CHANGE, AGAIN, single_object=True)
    return ActionResult(messages.SUCCESS, f"{booking}: is being written into the calendar. This page then shows it.")


CALENDAR = StaffAction(
    "calendar", "Write into the calendar again:", "Write it again", ActionForm, _preview, _write, _fits, is_alone=True
)
