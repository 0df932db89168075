"""The booking as JSON: one object, three views (contract 7). Allow-lists: what is not named here never leaves.

Nothing here asks the database: what must be known beside a booking comes with its `BookingView`.
"""

from collections.abc import Sequence
from typing import Any

from bookings import deadlines, policies
from bookings.models import Booking, SuggestedTime
from bookings.selectors.views import BookingView
from bookings.states import WAITING, BookingType, PaymentState, Role, State, payment_word, status_word
from findr import clock
from findr.accounts.models import User
from findr.api.times import instant
from findr.money import dollars
from providers.wall_times import clock_face
from providers.wire import address_object


def payment_status(booking: Booking) -> str:
    """The wire's `paymentStatus`."""
    payment = booking.payment
    return payment_word(State(booking.state), PaymentState(payment.state), refunded_cents=payment.refunded_cents)


def patient_view(shown: BookingView) -> dict[str, Any]:
    """View P."""
    booking, provider = shown.booking, shown.booking.provider
    return {
        **_shared(booking, Role.PATIENT),
        **_for_both_sides(shown),
        "userId": str(booking.patient_id),
        "providerId": str(booking.provider_id),
        "provider": {
            "_id": str(provider.id),
            "id": str(provider.id),
            "practiceName": provider.practice_name,
            "email": provider.email,
            "phone": provider.phone or None,
            "address": address_object(provider),
            "photos": provider.photos,
        },
        "paymentIntentId": booking.payment.intent_id,
        "suggestedTimes": time_views(shown.open_suggestions),
        "notes": booking.notes or None,
    }


def provider_view(shown: BookingView) -> dict[str, Any]:
    """View V."""
    booking, before = shown.booking, shown.previous_bookings
    return {
        **_shared(booking, Role.PROVIDER),
        **_for_both_sides(shown),
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
        "calendarSyncStatus": "not_applicable",
    }


def staff_view(shown: BookingView) -> dict[str, Any]:
    """View S."""
    booking = shown.booking
    patient, provider = booking.patient, booking.provider
    return {
        **_shared(booking, Role.STAFF),
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
        "calendarSyncStatus": "not_applicable",
    }


def _shared(booking: Booking, audience: Role) -> dict[str, Any]:
    state = State(booking.state)
    local_start = booking.start.astimezone(booking.provider.zone)
    return {
        "_id": str(booking.id),
        "id": str(booking.id),
        "bookingNumber": booking.number,
        "status": status_word(state, audience),
        "state": state.value,
        "bookingType": booking.booking_type,
        "isRequest": booking.booking_type != BookingType.INSTANT and state in WAITING,
        "providerName": booking.provider.practice_name,
        "teamMember": _team_member(booking),
        "serviceId": str(booking.service_id),
        "serviceName": booking.service_name,
        "servicePrice": dollars(booking.price_cents),
        "totalAmount": dollars(booking.price_cents),
        "refundAmount": dollars(booking.payment.refunded_cents),
        "paymentStatus": payment_status(booking),
        "appointmentDate": instant(booking.start),
        "appointmentTime": clock_face(local_start),
        "providerTimezone": booking.provider.timezone,
        "patientTimezone": booking.patient_timezone,
        "expiresAt": instant(booking.expires_at),
        "confirmationNote": booking.confirmation_note or None,
        "confirmedAt": instant(booking.confirmed_at),
        "declinedAt": instant(booking.declined_at),
        "declineReason": booking.decline_reason or None,
        "cancelledAt": instant(booking.cancelled_at),
        "cancelledBy": booking.cancelled_by or None,
        "cancellationReason": booking.cancellation_reason or None,
        "checkedInAt": instant(booking.checked_in_at),
        "completedAt": instant(booking.completed_at),
        "createdAt": instant(booking.created_at),
        "updatedAt": instant(booking.updated_at),
    }


def _for_both_sides(shown: BookingView) -> dict[str, Any]:
    """What patient and provider see, and staff do not."""
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


def time_views(times: Sequence[SuggestedTime]) -> list[dict[str, Any]]:
    """Suggested times, in the given order."""
    return [{"id": str(time.id), "startTime": instant(time.start), "endTime": instant(time.end)} for time in times]


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


def _team_member(booking: Booking) -> dict[str, Any] | None:
    member = booking.team_member
    return {"memberId": str(member.id), "name": member.name, "title": member.title or None} if member else None


def queued_view(shown: BookingView) -> dict[str, Any]:
    """View V with the urgency of the answer queue (contract 11.1, `/pending`)."""
    now = clock.now()
    hours = deadlines.time_left(shown.booking, now).total_seconds() / 3600
    urgency = deadlines.urgency(shown.booking, now).value
    return {**provider_view(shown), "urgency": urgency, "hoursUntilExpiry": f"{hours:.1f}"}
