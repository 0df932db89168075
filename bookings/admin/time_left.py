"""How long a booking's answer may yet take, and how urgent it is."""

from datetime import timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookings import deadlines
from bookings.admin.formatting import NOTHING, label, lines
from bookings.models import Booking
from findr import clock
from providers.admin_times import day_of
from providers.wall_times import clock_face

_COLOURS = {"overdue": "danger", "high": "danger", "medium": "warning", "low": "info"}


def urgency(booking: Booking) -> str:
    """`overdue`, `high`, `medium` or `low`; blank if nobody has to answer."""
    now = clock.now()
    if deadlines.is_answerable(booking, now):
        return deadlines.urgency(booking, now).value
    return "overdue" if deadlines.is_unanswered(booking, now) else ""


def time_left(booking: Booking) -> str:
    """`5 h 12 min left`, `overdue by 3 min`."""
    return f"overdue {_how_long(booking)}" if deadlines.is_overdue(booking, clock.now()) else _how_long(booking)


def left_label(booking: Booking) -> SafeString | str:
    """The urgency and the time that is left; of a checkout, which nobody has to answer, the time alone."""
    word = urgency(booking)
    if not word:
        return time_left(booking)
    return format_html("{} <strong>{}</strong>", label(word, _COLOURS[word]), _how_long(booking))


def _how_long(booking: Booking) -> str:
    if booking.expires_at is None:
        return NOTHING
    left = booking.expires_at - clock.now()
    return f"by {_span(-left)}" if left <= timedelta(0) else f"{_span(left)} left"


def deadline(booking: Booking) -> SafeString | str:
    """When an answer is due, for a column: how urgent it is, above the moment itself."""
    if booking.expires_at is None:
        return NOTHING
    there = booking.expires_at.astimezone(booking.provider.zone)
    return lines(left_label(booking), day_of(there), f"{clock_face(there)} {booking.provider.timezone}")


def _span(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"
