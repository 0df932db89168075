"""What the booking page says of the money."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookings.admin.formatting import NOTHING, label, money, plain
from bookings.models import Booking
from bookings.states import PaymentState
from providers.admin_times import local


def amounts(booking: Booking) -> str:
    """What was asked for, taken, and given back."""
    payment = booking.payment
    parts = [
        ("price", payment.amount_cents),
        ("captured", payment.captured_cents),
        ("refunded", payment.refunded_cents),
    ]
    return ", ".join(f"{name} {money(cents, payment.currency)}" for name, cents in parts)


def fee(booking: Booking) -> str:
    """What is kept of the money after a cancellation, and the share of the price that it came from."""
    if not booking.fee_cents:
        return NOTHING
    return f"{money(booking.fee_cents, booking.payment.currency)} ({booking.cancellation_fee_percent}% of the price applied)"


def dispute(booking: Booking) -> SafeString | str:
    """The card holder's objection at the bank, in the vendor's words."""
    payment = booking.payment
    if not payment.dispute_id:
        return NOTHING
    opened = local(payment.disputed_at, booking.provider.zone)
    amount = money(payment.dispute_cents, payment.currency)
    return format_html(
        "{} {}, opened {} ({})", label(plain(payment.dispute_status), "danger"), amount, opened, payment.dispute_id
    )


def hold(booking: Booking) -> str:
    """When the hold on the card lapses, as the vendor says; nothing once there is no hold."""
    if booking.payment.state not in (PaymentState.HELD, PaymentState.CAPTURING, PaymentState.RELEASING):
        return NOTHING
    return local(booking.payment.capture_before, booking.provider.zone)


def failure(booking: Booking) -> SafeString | str:
    """Why the money could not be had, in the vendor's words."""
    payment = booking.payment
    codes = " / ".join(code for code in (payment.failure_code, payment.decline_code) if code)
    if not codes and not payment.failure_message:
        return NOTHING
    return format_html("{} ({})", payment.failure_message or "No message", codes or "no code")
