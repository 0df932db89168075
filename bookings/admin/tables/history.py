"""A booking's timeline."""

from typing import Any

from django.utils.safestring import SafeString

from bookings.admin.formatting import NOTHING, lines, plain
from bookings.admin.tables import Table
from bookings.admin.tables.event_data import in_words
from bookings.models import Booking, BookingEvent
from calendars.words import why
from findr.accounts.models import User
from providers.admin_times import local_with_seconds


def history_table(booking: Booking) -> Table:
    """The timeline, oldest first."""
    events = list(booking.events.order_by("id"))
    people = User.objects.in_bulk([event.actor_user_id for event in events if event.actor_user_id])
    zone = booking.provider.zone
    return {
        "headers": [f"When ({zone.key})", "What", "State", "Who", "Details"],
        "rows": [
            [
                local_with_seconds(event.created_at, zone),
                plain(event.event_type),
                _change(event),
                _who(event, people),
                _details(event, booking),
            ]
            for event in events
        ],
    }


def _change(event: BookingEvent) -> str:
    if event.old_state == event.new_state:
        return NOTHING
    return f"{plain(event.old_state)} → {plain(event.new_state)}" if event.old_state else plain(event.new_state)


def _who(event: BookingEvent, people: dict[Any, User]) -> str:
    person = people.get(event.actor_user_id)
    name = f"{event.actor_role} {person}" if person else event.actor_role
    return f"{name} ({event.source})"


def _details(event: BookingEvent, booking: Booking) -> SafeString | str:
    data = event.data
    if event.event_type == "calendar_sync_failed" and data.get("reason"):
        data = {**data, "reason": why(data["reason"])}
    told = in_words(data, booking)
    return lines(*(f"{name}: {said}" for name, said in told), may_break=True) if told else NOTHING
