"""The sentences that answers carry beside a booking (contract 10.1, 10.4)."""

from datetime import timedelta

from bookings import policies
from bookings.models import Booking
from bookings.states import CANCELLED, WAITING, State


def created_message(booking: Booking) -> str:
    """The sentence that answers a create whose money was had; a repeated call may find that things went on."""
    state = State(booking.state)
    if state in CANCELLED:
        return "This booking was cancelled."
    if state == State.EXPIRED:
        return "This booking request has expired."
    return request_message(booking) if state in WAITING else "Appointment confirmed!"


def request_message(booking: Booking) -> str:
    """How long the provider has to answer a request whose money is held."""
    return f"Booking request sent. Provider will respond within {response_hours(booking)}."


def response_hours(booking: Booking) -> str:
    """The same in whole hours: `24 hours`, `1 hour`."""
    window = timedelta(hours=booking.provider.response_hours)
    if booking.expires_at and booking.requested_at:
        window = booking.expires_at - booking.requested_at
    return policies.whole_hours(window)


def declined_message(*, released: bool) -> str:
    """The sentence that answers a patient whom none of the suggested times suits."""
    return f"Booking request cancelled. Payment hold {'released' if released else 'will be released'}."
