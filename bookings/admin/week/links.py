"""Where the page of a practice's week is, and who may open it."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookings.admin.formatting import LINK
from bookings.models import Booking

NAME = "bookings_booking_week"
RIGHTS = ("providers.view_provider", "bookings.view_booking")


def link_to_week(booking: Booking) -> SafeString:
    """To the week of the booking's practice that it is in."""
    day = booking.start.astimezone(booking.provider.zone).date()
    url = f"{reverse(f'admin:{NAME}', args=[booking.provider_id])}?{urlencode({'week': day.isoformat()})}"
    return format_html(LINK, url, "Its week")
