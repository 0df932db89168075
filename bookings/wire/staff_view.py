"""View S: a booking as staff see it (contract 7)."""

from typing import Any

from bookings.selectors.views import BookingView
from bookings.states import Role
from bookings.wire.booking import shared_fields


def staff_view(shown: BookingView) -> dict[str, Any]:
    """View S."""
    booking = shown.booking
    patient, provider = booking.patient, booking.provider
    return {
        **shared_fields(booking, Role.STAFF),
        "confirmationCode": booking.number,
        "userId": {
            "_id": str(patient.id),
            "id": str(patient.id),
            "firstName": patient.first_name,
            "lastName": patient.last_name,
            "email": patient.email,
            "phone": patient.phone or None,
        },
        "providerId": {
            "_id": str(provider.id),
            "id": str(provider.id),
            "practiceName": provider.practice_name,
            "contactInfo": {"email": provider.email, "phone": provider.phone or None},
        },
        "serviceDuration": booking.duration_minutes,
        "serviceFee": 0.0,
        "stripePaymentIntentId": booking.payment.intent_id,
        "userNotes": booking.notes or None,
        "calendarSyncStatus": shown.calendar_sync,
    }
