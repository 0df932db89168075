"""An entry of the centre as JSON (contract 18.2)."""

from typing import Any

from findr.api.times import instant
from notifications.models import Notification


def entry(notification: Notification) -> dict[str, Any]:
    """What its recipient is shown."""
    booking_id = str(notification.booking_id) if notification.booking_id else None
    return {
        "_id": str(notification.id),
        "id": str(notification.id),
        "recipientId": str(notification.recipient),
        "recipientType": notification.recipient_type,
        "type": notification.type,
        "title": notification.title,
        "body": notification.body,
        "data": {
            "bookingId": booking_id,
            "providerId": str(notification.provider_id) if notification.provider_id else None,
            "actionUrl": f"/booking/{booking_id}" if booking_id else None,
            "actionLabel": notification.action_label,
        },
        "read": notification.read_at is not None,
        "readAt": instant(notification.read_at),
        "priority": notification.priority,
        "createdAt": instant(notification.created_at),
    }
