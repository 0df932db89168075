"""The tables of the booking domain."""

from bookings.models.booking import Booking
from bookings.models.findings import BookFinding
from bookings.models.history import BookingEvent
from bookings.models.payment import Payment
from bookings.models.payment_operation import PaymentOperation
from bookings.models.practice_count import PracticeCount
from bookings.models.reminders import Reminder
from bookings.models.reservation import Reservation
from bookings.models.suggestions import SuggestedTime
from bookings.models.time import TimeHold
from bookings.models.wallet import Wallet
from bookings.models.webhooks import StripeEvent

__all__ = [
    "BookFinding",
    "Booking",
    "BookingEvent",
    "Payment",
    "PaymentOperation",
    "PracticeCount",
    "Reminder",
    "Reservation",
    "StripeEvent",
    "SuggestedTime",
    "TimeHold",
    "Wallet",
]
