"""Who is told what: the frames of contract 15.4 and 15.5 and their pushes, rendered as the booking is committed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bookings import deadlines, pushes
from bookings.changes import Change, ChangeKind
from bookings.models import Booking, Reminder
from bookings.selectors.views import view_of
from bookings.states import WAITING, Role, State, status_word
from bookings.wire.provider_view import provider_view
from findr import clock
from findr.api.times import instant
from findr.money import dollars
from notifications.services import Frame
from providers.wall_times import clock_face

# A sentence for the patient, and the data beside it.
Message = tuple[str, dict[str, Any]]


def patient_frame(what: str, booking: Booking, change: Change) -> Frame:
    """A frame of this type for the patient, and its push."""
    suggested = len(change.data.get("suggestedTimes", ()))
    return _to_patient(what, booking, _TO_PATIENT[what](booking, change), suggested=suggested)


def _to_patient(what: str, booking: Booking, message: Message, *, suggested: int = 0) -> Frame:
    sentence, data = message
    state = State(booking.state)
    heading = {"bookingId": str(booking.id), "status": status_word(state, Role.PATIENT), "state": state.value}
    body = {"message": sentence, "data": data, **heading}
    return Frame(booking.patient_id, what, booking.id, body, pushes.to_patient(what, booking, suggested=suggested))


def provider_frame(
    what: str, booking: Booking, *, calendar_sync: str | None = None, push_type: str | None = None
) -> Frame:
    """A frame of this type for the practice, and the push that goes with it.

    Args:
        calendar_sync: what it is, if it is known (`selectors.views`).
        push_type: None: no push goes with it.
    """
    return _to_provider(what, booking, _TO_PROVIDER.get(what, _view)(booking, calendar_sync), push_type)


def _to_provider(what: str, booking: Booking, body: dict[str, Any], push_type: str | None) -> Frame:
    body["data"] |= {"_id": str(booking.id), "id": str(booking.id), "bookingId": str(booking.id)}
    push = pushes.to_provider(push_type, booking) if push_type else None
    return Frame(booking.provider_id, what, booking.id, body, push)


def reminder_frame(booking: Booking, kind: Reminder.Kind, now: datetime) -> Frame:
    """What reminds of a visit, or of a request that nobody has answered."""
    return _expiring_frame(booking, now) if kind == Reminder.Kind.EXPIRING else _visit_frame(booking, kind)


# --- The patient -------------------------------------------------------------------------------------------------------
def _payment_required(booking: Booking, change: Change) -> Message:
    reason = change.kind(is_declined=False).value
    return "Your payment needs attention", {"reason": reason, "expiresAt": instant(booking.expires_at)}


def _pending(booking: Booking, change: Change) -> Message:
    return "Booking request sent", {"bookingType": booking.booking_type, "expiresAt": instant(booking.expires_at)}


def _confirmed(booking: Booking, change: Change) -> Message:
    moved = change.beside_moves == ChangeKind.MOVED
    message = "Your appointment was moved" if moved else "Your appointment has been confirmed"
    return message, _appointment(booking)


def _suggested(booking: Booking, change: Change) -> Message:
    return "The provider suggested other times", _suggestions(booking, change)


def _expired(booking: Booking, change: Change) -> Message:
    return "Your booking request expired", {"reason": change.data["reason"]}


def _declined(booking: Booking, change: Change) -> Message:
    return "The provider declined your request", {"reason": booking.decline_reason}


def _appointment(booking: Booking) -> dict[str, Any]:
    return {
        "appointmentDate": instant(booking.start),
        "appointmentTime": clock_face(booking.start.astimezone(booking.provider.zone)),
        "providerTimezone": booking.provider.timezone,
        "providerName": booking.provider.practice_name,
        "confirmationNote": booking.confirmation_note or None,
    }


def _suggestions(booking: Booking, change: Change) -> dict[str, Any]:
    return {
        "suggestedTimes": change.data["suggestedTimes"],
        "message": booking.suggestion_message or None,
        "expiresAt": instant(booking.expires_at),
    }


def _cancelled(booking: Booking, change: Change) -> Message:
    message = "Booking request cancelled" if change.old in WAITING else "Your appointment has been cancelled"
    data = {
        "reason": booking.cancellation_reason or None,
        "cancelledBy": booking.cancelled_by,
        "refundAmount": dollars(change.owed_cents),
    }
    return message, data


def _visit_frame(booking: Booking, kind: Reminder.Kind) -> Frame:
    data = _appointment(booking)
    del data["confirmationNote"]
    data["hoursBefore"] = kind.before // timedelta(hours=1)
    return _to_patient("booking_reminder", booking, ("Your appointment is coming up", data))


_TO_PATIENT: dict[str, Callable[[Booking, Change], Message]] = {
    "payment_required": _payment_required,
    "booking_pending": _pending,
    "booking_confirmed": _confirmed,
    "times_suggested": _suggested,
    "booking_expired": _expired,
    "booking_declined": _declined,
    "booking_cancelled": _cancelled,
}


# --- The provider ------------------------------------------------------------------------------------------------------
def _view(booking: Booking, calendar_sync: str | None) -> dict[str, Any]:
    return {"data": provider_view(view_of(booking, Role.PROVIDER, calendar_sync=calendar_sync))}


def _new(booking: Booking, calendar_sync: str | None) -> dict[str, Any]:
    return {"urgent": deadlines.is_urgent(booking, clock.now()), **_view(booking, calendar_sync)}


def _over(booking: Booking, calendar_sync: str | None) -> dict[str, Any]:
    reasons = {State.EXPIRED: "Request expired", State.PAYMENT_FAILED: "Payment failed"}
    reason = reasons.get(State(booking.state), booking.cancellation_reason or None)
    return {"data": {**_standing(booking), "cancelledBy": booking.cancelled_by or None, "reason": reason}}


def _standing(booking: Booking) -> dict[str, Any]:
    state = State(booking.state)
    return {"status": status_word(state, Role.PROVIDER), "state": state.value, "bookingNumber": booking.number}


def _expiring_frame(booking: Booking, now: datetime) -> Frame:
    hours = round(deadlines.time_left(booking, now) / timedelta(hours=1), 1)
    body = {"hoursRemaining": hours, "data": {**_standing(booking), "expiresAt": instant(booking.expires_at)}}
    return _to_provider("booking.expiring_soon", booking, body, "booking_expiring_reminder")


_TO_PROVIDER: dict[str, Callable[[Booking, str | None], dict[str, Any]]] = {
    "booking.new": _new,
    "booking.cancelled": _over,
}
