"""Why a booking is instant, or a request."""

from datetime import datetime
from typing import Any

from bookings.admin.formatting import plain
from bookings.models import Booking
from calendars.models import VendorName
from calendars.words import why
from providers.admin_times import local_with_seconds

_RULES = {
    "not_connected": "the practice has no calendar connected",
    "outside_opening_hours": "the time is outside the opening hours",
    "calendar_not_free": "the calendar did not say that the time is free",
    "calendar_checks_off": "calendars were not asked: calendar_checks was switched off",
    "instant_booking_off": "nothing was booked at once: instant_booking was switched off",
    "calendar_free": "the calendar said that the time is free",
}


def why_this_type(booking: Booking) -> str:
    """From the freshness receipt: which rule decided, what the calendar said, when, and how fast."""
    receipt = booking.type_receipt
    rule = str(receipt.get("rule", ""))
    kind = "Instant" if booking.is_instant else "A request"
    sentence = f"{kind}, because {_RULES.get(rule, plain(rule) or 'of a rule that was not written down')}."
    if rule == "not_connected" or "readAt" not in receipt:
        return sentence
    read_at = local_with_seconds(datetime.fromisoformat(receipt["readAt"]), booking.provider.zone)
    return f"{sentence} Asked {read_at} {booking.provider.zone.key}. {_answer(receipt)}."


def _answer(receipt: dict[str, Any]) -> str:
    """`Google answered in 45 ms: free`, or why it could not be read."""
    vendor = dict(VendorName.choices).get(receipt.get("vendor", ""), "The calendar")
    took = f"{receipt.get('tookMs', '?')} ms"
    if error := str(receipt.get("error", "")):
        return f"{vendor} could not be read, after {took}: {why(error)}"
    return f"{vendor} answered in {took}: {plain(str(receipt.get('answer', 'nothing')))}"
