"""What patient and practice see of a booking, and staff do not (contract 7)."""

from typing import Any

from bookings import policies
from bookings.selectors.views import BookingView
from bookings.wire.booking import payment_status
from findr.api.times import instant
from findr.money import dollars


def fields_of_both_sides(shown: BookingView) -> dict[str, Any]:
    """These fields, for view P and view V alike."""
    booking = shown.booking
    return {
        "duration": booking.duration_minutes,
        "durationMinutes": booking.duration_minutes,
        "payment": {
            "mode": "prepay" if booking.is_instant else "hold",
            "status": payment_status(booking),
            "totalAmount": dollars(booking.price_cents),
        },
        "dateTime": {
            "requestedStart": instant(booking.requested_start),
            "requestedEnd": instant(booking.requested_end),
            "confirmedStart": instant(booking.confirmed_start),
            "confirmedEnd": instant(booking.confirmed_end),
            "providerTimezone": booking.provider.timezone,
            "patientTimezone": booking.patient_timezone,
        },
        "confirmation": {
            "required": not booking.is_instant,
            "requestedAt": instant(booking.requested_at),
            "expiresAt": instant(booking.expires_at),
            "remindersSent": 0,
        },
        "reschedule": {
            "count": booking.rounds,
            "maxAttempts": policies.MAX_ROUNDS,
            "current": _current_proposal(shown),
        },
    }


def _current_proposal(shown: BookingView) -> dict[str, Any] | None:
    booking, times = shown.booking, shown.open_suggestions
    if not times:
        return None
    return {
        "proposedBy": "provider",
        "proposedAt": instant(booking.suggested_at),
        "proposedStart": instant(times[0].start),
        "proposedEnd": instant(times[0].end),
        "responseDeadline": instant(booking.expires_at),
        "message": booking.suggestion_message or None,
    }
