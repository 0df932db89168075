"""View V: a booking as its practice sees it (contract 7)."""

from typing import Any

from bookings import deadlines
from bookings.selectors.views import BookingView
from bookings.states import Role
from bookings.wire.booking import payment_status, shared_fields
from bookings.wire.both_sides import fields_of_both_sides
from findr import clock
from findr.accounts.models import User
from findr.api.times import instant
from findr.money import dollars


def provider_view(shown: BookingView) -> dict[str, Any]:
    """View V."""
    booking, before = shown.booking, shown.previous_bookings
    return {
        **shared_fields(booking, Role.PROVIDER),
        **fields_of_both_sides(shown),
        "userId": str(booking.patient_id),
        "providerId": str(booking.provider_id),
        "patient": _patient(booking.patient),
        "isReturningPatient": before > 0,
        "previousBookingCount": before,
        "service": {
            "serviceId": str(booking.service_id),
            "name": booking.service_name,
            "category": booking.service_category,
            "duration": booking.duration_minutes,
            "price": booking.price_cents,
        },
        "depositAmount": dollars(booking.price_cents) if payment_status(booking) == "held" else 0.0,
        "requestedStart": instant(booking.start),
        "requestedEnd": instant(booking.end),
        "proposedTimes": [
            {"id": str(time.id), "start": instant(time.start), "end": instant(time.end)}
            for time in shown.open_suggestions
        ],
        "notes": {"patientNotes": booking.notes or None},
        "patientNote": booking.notes or None,
        "calendarSyncStatus": shown.calendar_sync,
    }


def _patient(patient: User) -> dict[str, Any]:
    return {
        "_id": str(patient.id),
        "id": str(patient.id),
        "name": patient.full_name or patient.email,
        "firstName": patient.first_name,
        "lastName": patient.last_name,
        "email": patient.email,
        "phone": patient.phone or None,
        "avatar": patient.photo_url or None,
    }


def queued_view(shown: BookingView) -> dict[str, Any]:
    """View V with the urgency of the answer queue (contract 11.1, `/pending`)."""
    now = clock.now()
    hours = deadlines.time_left(shown.booking, now).total_seconds() / 3600
    urgency = deadlines.urgency(shown.booking, now).value
    return {**provider_view(shown), "urgency": urgency, "hoursUntilExpiry": f"{hours:.1f}"}
