"""The staff's view of bookings: the queue, the booking page, what staff may decide, and what passed between us and Stripe."""

from bookings.admin.booking import BookingAdmin
from bookings.admin.events import StripeEventAdmin
from bookings.admin.findings import BookFindingAdmin
from bookings.admin.operations import PaymentOperationAdmin

__all__ = ["BookFindingAdmin", "BookingAdmin", "PaymentOperationAdmin", "StripeEventAdmin"]
