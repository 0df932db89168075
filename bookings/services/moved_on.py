"""Whether what a notification says of a booking is still so (lesson 61)."""

from typing import Any

from bookings.models import Booking
from bookings.pushes import is_still_true
from notifications.models import Notification


def why_moved_on(sender: Any, *, notification: Notification, **_: Any) -> str:
    """Receives `notifications.signals.asked_why_untrue`: `moved_on` if the booking is no longer as it was told."""
    if notification.booking_id is None:
        return ""
    booking = Booking.objects.select_related("provider").filter(id=notification.booking_id).first()
    return "" if booking and is_still_true(notification, booking) else "moved_on"
