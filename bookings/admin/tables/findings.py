"""What the books found wrong."""

from bookings.admin.formatting import link
from bookings.admin.tables import Table
from bookings.models import Booking
from bookings.selectors import attention
from providers.admin_times import local_with_seconds


def findings_table(booking: Booking) -> Table | None:
    """What the last check of the books found wrong with this booking, and has not been put right since."""
    zone = booking.provider.zone
    found = attention.open_findings().filter(booking_id=booking.id).order_by("first_seen_at", "id")
    rows = [[local_with_seconds(one.first_seen_at, zone), link(one, one.invariant), one.detail] for one in found]
    return {"headers": [f"First seen ({zone.key})", "Invariant", "Finding"], "rows": rows} if rows else None
