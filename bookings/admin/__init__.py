"""The staff's view of bookings: the queue, the booking page, and the three answers that staff may give."""

from bookings.admin import dashboard
from bookings.admin.booking import BookingAdmin

__all__ = ["BookingAdmin", "dashboard"]
