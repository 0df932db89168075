"""Every time that was suggested."""

from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from bookings.admin.formatting import label
from bookings.admin.tables import Table
from bookings.models import Booking, SuggestedTime
from providers.admin_times import local_with_seconds, span


def suggestions_table(booking: Booking) -> Table | None:
    """Every time that was suggested, round by round, and whether the patient may still take it."""
    zone = booking.provider.zone
    rows = [
        [str(time.round), span(time.start, time.end, zone), _standing(time, booking), _closed(time, zone)]
        for time in booking.suggestions.all()
    ]
    return {"headers": ["Round", "Suggested time", "State", f"Closed ({zone.key})"], "rows": rows} if rows else None


def _standing(time: SuggestedTime, booking: Booking) -> SafeString:
    if time.id == booking.accepted_suggestion:
        return label("accepted", "success")
    return label("closed") if time.closed_at else label("open", "info")


def _closed(time: SuggestedTime, zone: ZoneInfo) -> str:
    return local_with_seconds(time.closed_at, zone)
