"""What the payment vendor reported."""

from bookings.admin.formatting import NOTHING, link
from bookings.admin.labels import event_label
from bookings.admin.tables import Table
from bookings.models import Booking, PaymentOperation
from bookings.selectors import history
from providers.admin_times import local_with_seconds


def events_table(booking: Booking, operations: list[PaymentOperation]) -> Table | None:
    """What the payment vendor reported about this booking's payment, and about any unexpected intent of it, oldest first."""
    zone = booking.provider.zone
    rows = [
        [
            local_with_seconds(event.received_at, zone),
            link(event, event.type),
            event.object_id or NOTHING,
            event_label(event),
            str(event.attempts),
            event.error or NOTHING,
        ]
        for event in history.events_about(booking, operations)
    ]
    headers = [f"Received ({zone.key})", "Event", "About", "Outcome", "Attempts", "Error"]
    return {"headers": headers, "rows": rows} if rows else None
