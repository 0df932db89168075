"""A line of history as JSON (contract 12.2)."""

from typing import Any

from bookings.models import BookingEvent
from bookings.models.history import STAFF_REASON
from findr.api.times import instant


def event_view(event: BookingEvent) -> dict[str, Any]:
    """One line of history (contract 12.2), as the patient and the practice read it."""
    return {
        "_id": str(event.public_id),
        "id": str(event.public_id),
        "booking": str(event.booking_id),
        "bookingNumber": event.booking.number,
        "eventType": event.event_type,
        "previousStatus": event.old_state or None,
        "newStatus": event.new_state,
        "data": {name: value for name, value in event.data.items() if name != STAFF_REASON},
        "actor": {
            "type": event.actor_role,
            "userId": str(event.actor_user_id) if event.actor_user_id else None,
        },
        "context": {"source": event.source},
        "timestamp": instant(event.created_at),
    }
