"""The tables of the booking domain."""

from bookings.models.booking import Booking
from bookings.models.history import BookingEvent
from bookings.models.money import Payment, PaymentOperation
from bookings.models.time import TimeHold

__all__ = ["Booking", "BookingEvent", "Payment", "PaymentOperation", "TimeHold"]
