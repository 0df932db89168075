"""A booking's timeline."""

import json
import re
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from bookings.admin.formatting import NOTHING, money, plain
from bookings.admin.tables import Table
from bookings.admin.times import local_with_seconds
from bookings.models import Booking, BookingEvent
from findr.accounts.models import User
from findr.money import in_cents


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
                _details(event.data, booking.payment.currency),
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


def _details(data: dict[str, Any], currency: str) -> SafeString | str:
    if not data:
        return NOTHING
    lines = ((_spaced(name), _detail(name, value, currency)) for name, value in data.items())
    return format_html_join("", "<div>{}: {}</div>", lines)


def _spaced(name: str) -> str:
    """`bookingType` is "booking type"."""
    return re.sub("([A-Z])", r" \1", name).lower()


def _detail(name: str, value: Any, currency: str) -> str:
    if name == "amount":  # Dollars, as on the wire (contract 12.2).
        return money(in_cents(value), currency)
    return (
        plain(value) if re.fullmatch("[a-z_]+", str(value)) else value if isinstance(value, str) else json.dumps(value)
    )
