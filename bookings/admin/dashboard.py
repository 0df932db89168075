"""What bookings put on the first page of the staff console: the requests whose deadlines come next."""

from typing import Any

from bookings.admin import formatting
from bookings.admin.time_left import deadline
from bookings.models import Booking
from bookings.selectors import queues
from providers import admin_times as times

MOST_URGENT = 8


def next_deadlines() -> dict[str, Any]:
    """The few requests that want an answer first."""
    waiting = queues.waiting_for_an_answer().select_related("provider", "patient")
    return {
        "headers": ["Booking", "Answer by", "Visit", "Practice and service", "Patient"],
        "rows": [_row(booking) for booking in waiting[:MOST_URGENT]],
    }


def _row(booking: Booking) -> list[Any]:
    return [
        formatting.link(booking, booking.number),
        deadline(booking),
        times.local_lines(booking.start, booking.provider.zone),
        formatting.lines(booking.provider.practice_name, booking.service_name, may_break=True),
        formatting.lines(str(booking.patient), booking.patient.email, may_break=True),
    ]
