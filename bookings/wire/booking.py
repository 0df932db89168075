"""What every view of a booking says (contract 7)."""

from functools import cache
from typing import Any

from bookings.models import Booking
from bookings.states import WAITING, BookingType, PaymentState, Role, State, payment_word, status_word
from findr.api.times import instant
from findr.money import dollars
from providers.wall_times import clock_face


def payment_status(booking: Booking) -> str:
    """The wire's `paymentStatus`."""
    payment = booking.payment
    return _payment_word(booking.state, payment.state, payment.refunded_cents > 0)


@cache  # Each view of a booking says it three times, and there are some dozens.
def _payment_word(state: str, payment_state: str, has_refund: bool) -> str:
    return payment_word(State(state), PaymentState(payment_state), refunded_cents=int(has_refund))


def shared_fields(booking: Booking, audience: Role) -> dict[str, Any]:
    """The fields of all three views, in the audience's own words."""
    state, provider = State(booking.state), booking.provider
    name, price = str(booking.id), dollars(booking.price_cents)
    return {
        "_id": name,
        "id": name,
        "bookingNumber": booking.number,
        "status": status_word(state, audience),
        "state": state.value,
        "bookingType": booking.booking_type,
        "isRequest": booking.booking_type != BookingType.INSTANT and state in WAITING,
        "providerName": provider.practice_name,
        "teamMember": _team_member(booking),
        "serviceId": str(booking.service_id),
        "serviceName": booking.service_name,
        "servicePrice": price,
        "totalAmount": price,
        "refundAmount": dollars(booking.payment.refunded_cents),
        "paymentStatus": payment_status(booking),
        "appointmentDate": instant(booking.start),
        "appointmentTime": clock_face(booking.start.astimezone(provider.zone)),
        "providerTimezone": provider.timezone,
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


def _team_member(booking: Booking) -> dict[str, Any] | None:
    member = booking.team_member
    return {"memberId": str(member.id), "name": member.name, "title": member.title or None} if member else None
