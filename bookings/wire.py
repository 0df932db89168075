"""The booking as JSON: one object, three views (contract 7). Allow-lists: what is not named here never leaves.

Each view expects a booking read through `selectors.with_everything`, or locked by a service.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bookings import deadlines, policies
from bookings.models import Booking, BookingEvent, SuggestedTime
from bookings.models.history import STAFF_REASON
from bookings.states import CANCELLED, WAITING, BookingType, PaymentState, Role, State, payment_word, status_word
from findr import clock
from findr.accounts.models import User
from findr.accounts.wire import instant
from findr.money import dollars
from providers.wall_times import clock_face
from providers.wire import address_object


def payment_status(booking: Booking) -> str:
    """The wire's `paymentStatus`."""
    payment = booking.payment
    return payment_word(State(booking.state), PaymentState(payment.state), refunded_cents=payment.refunded_cents)


def patient_view(booking: Booking) -> dict[str, Any]:
    """View P."""
    provider = booking.provider
    return {
        **_shared(booking, Role.PATIENT),
        **_for_both_sides(booking),
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
        "suggestedTimes": suggested_times(booking),
        "notes": booking.notes or None,
    }


def provider_view(booking: Booking) -> dict[str, Any]:
    """View V. Expects `previous_bookings` on the booking; a freshly locked one is asked for it."""
    before = previous_bookings(booking)
    return {
        **_shared(booking, Role.PROVIDER),
        **_for_both_sides(booking),
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
            {"id": time["id"], "start": time["startTime"], "end": time["endTime"]} for time in suggested_times(booking)
        ],
        "notes": {"patientNotes": booking.notes or None},
        "patientNote": booking.notes or None,
        "calendarSyncStatus": "not_applicable",
    }


def staff_view(booking: Booking) -> dict[str, Any]:
    """View S."""
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


VIEWS: dict[Role, Callable[[Booking], dict[str, Any]]] = {
    Role.PATIENT: patient_view,
    Role.PROVIDER: provider_view,
    Role.STAFF: staff_view,
}


def previous_bookings(booking: Booking) -> int:
    """How many visits this patient has completed with this provider."""
    known: int | None = getattr(booking, "previous_bookings", None)
    if known is not None:
        return known
    completed = Booking.objects.filter(
        patient_id=booking.patient_id, provider_id=booking.provider_id, state=State.COMPLETED
    )
    booking.previous_bookings = completed.count()  # The frames of a change and its answer show the same.
    return booking.previous_bookings


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


def _for_both_sides(booking: Booking) -> dict[str, Any]:
    """What patient and provider see, and staff do not."""
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
            "current": _current_proposal(booking),
        },
    }


def open_suggestions(booking: Booking) -> list[SuggestedTime]:
    """What the patient may accept, in the provider's order; asked of the database if it was not read ahead."""
    if not booking.rounds or State(booking.state) not in WAITING:
        return []
    known: list[SuggestedTime] | None = getattr(booking, "open_suggestions", None)
    return known if known is not None else list(booking.suggestions.filter(closed_at=None))


def suggested_times(booking: Booking) -> list[dict[str, Any]]:
    """The open suggestions as the patient's app knows them."""
    return time_views(open_suggestions(booking))


def time_views(times: list[SuggestedTime]) -> list[dict[str, Any]]:
    """Suggested times, in the given order."""
    return [{"id": str(time.id), "startTime": instant(time.start), "endTime": instant(time.end)} for time in times]


def _current_proposal(booking: Booking) -> dict[str, Any] | None:
    times = open_suggestions(booking)
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


def queued_view(booking: Booking) -> dict[str, Any]:
    """View V with the urgency of the answer queue (contract 11.1, `/pending`)."""
    now = clock.now()
    hours = deadlines.time_left(booking, now).total_seconds() / 3600
    urgency = deadlines.urgency(booking, now).value
    return {**provider_view(booking), "urgency": urgency, "hoursUntilExpiry": f"{hours:.1f}"}


def event_view(event: BookingEvent) -> dict[str, Any]:
    """One line of history (contract 12.2), as the patient and the practice read it."""
    return {
        "_id": str(event.public_id),
        "id": str(event.public_id),
        "booking": str(event.booking_id),
        "bookingNumber": event.booking.number,
        "eventType": event.event_type,
        "previousStatus": event.old_state or None,
        "newStatus": event.new_state,
        "data": {name: value for name, value in event.data.items() if name != STAFF_REASON},
        "actor": {
            "type": event.actor_role,
            "userId": str(event.actor_user_id) if event.actor_user_id else None,
        },
        "context": {"source": event.source},
        "timestamp": instant(event.created_at),
    }


def refund_view(booking: Booking, *, refund_cents: int, settled: bool) -> dict[str, Any]:
    """Object R of contract 10.6: where the money of a cancelled booking goes."""
    percent = booking.cancellation_fee_percent or 0
    return {
        "amount": dollars(refund_cents),
        "percentage": 100 - percent,
        "feeAmount": dollars(booking.fee_cents),
        "feePercentage": percent,
        "description": _kept(percent) if refund_cents or booking.confirmed_at else "Payment hold released",
        "status": "succeeded" if settled else "pending",
    }


def _kept(percent: int) -> str:
    return f"{100 - percent}% refund ({percent}% cancellation fee)" if percent else "Full refund"


def quote_view(booking: Booking, quoted: policies.Quote) -> dict[str, Any]:
    """What cancelling would cost (contract 10.7)."""
    hours = round(quoted.until_start.total_seconds() / 3600, 1)
    return {
        "bookingId": str(booking.id),
        "tier": booking.cancellation_tier,
        "feePercent": quoted.percent,
        "feeAmount": dollars(quoted.fee_cents),
        "refundAmount": dollars(quoted.refund_cents),
        "hoursUntil": hours,
        "hoursBeforeAppointment": hours,
        "cancellable": quoted.cancellable,
    }


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
    window = timedelta(hours=booking.provider.response_hours)
    if booking.expires_at and booking.requested_at:
        window = booking.expires_at - booking.requested_at
    return f"Booking request sent. Provider will respond within {policies.whole_hours(window)}."
