"""Who is told what of a change: the frames of contract 15.4-15.6, written in the change's own transaction.

A change is announced where it is made (`steps.move`), and rendered when everything else of its transaction is done, so
that a frame shows the booking and its money as they are committed. Feed counters are the last locks taken.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bookings import wire
from bookings.actors import Actor
from bookings.models import Booking
from bookings.states import CANCELLED, WAITING, Role, State, status_word
from findr import clock
from findr.accounts.wire import instant
from findr.money import dollars
from findr.transactions import before_commit
from notifications.services import Frame, publish
from providers.wall_times import clock_face

# Type, message and data of a patient's frame.
Told = tuple[str, str, dict[str, Any]]

URGENT = timedelta(hours=6)
REFUNDED = "refunded"
AUTHENTICATION_REQUIRED = "authentication_required"


@dataclass(frozen=True)
class Change:
    """One move of a booking, or, with equal states, something else that people are told: `what`.

    Attributes:
        owed_cents: captured money that goes back because of a cancellation; what is on its way already is not in it.
    """

    old: State
    new: State
    actor: Actor
    data: dict[str, Any] = field(default_factory=dict)
    what: str = ""
    owed_cents: int = 0


def announce(booking: Booking, change: Change) -> None:
    """Tell both sides, at the end of the transaction."""
    before_commit(lambda: publish(_frames(booking, change)))


def _frames(booking: Booking, change: Change) -> list[Frame]:
    frames = []
    if told := _for_patient(booking, change):
        kind, message, data = told
        body = {"message": message, "data": data, **_heading(booking)}
        frames.append(Frame(booking.patient_id, kind, booking.id, body))
    if booking.secured_at and (told_provider := _for_provider(booking, change)):
        kind, body = told_provider
        body["data"] |= {"_id": str(booking.id), "id": str(booking.id), "bookingId": str(booking.id)}
        frames.append(Frame(booking.provider_id, kind, booking.id, body))
    return frames


def _heading(booking: Booking) -> dict[str, Any]:
    state = State(booking.state)
    return {"bookingId": str(booking.id), "status": status_word(state, Role.PATIENT), "state": state.value}


# --- The patient -------------------------------------------------------------------------------------------------------
def _for_patient(booking: Booking, change: Change) -> Told | None:
    match change.what:
        case "":
            return _of_the_move(booking, change)
        case "authentication_required":
            return _payment_required(booking, change, AUTHENTICATION_REQUIRED)
        case _:
            return None


def _of_the_move(booking: Booking, change: Change) -> Told | None:
    match change.new:
        case State.PAYMENT_FAILED:
            return _payment_required(booking, change, "payment_failed")
        case State.PENDING_CONFIRMATION | State.RESCHEDULE_PROPOSED if change.old == State.CONFIRMING:
            return _payment_required(booking, change, "card_refused")
        case State.PENDING_CONFIRMATION:
            data = {"bookingType": booking.booking_type, "expiresAt": instant(booking.expires_at)}
            return "booking_pending", "Booking request sent", data
        case State.CONFIRMED:
            return "booking_confirmed", "Your appointment has been confirmed", _appointment(booking)
        case State.RESCHEDULE_PROPOSED:
            return "times_suggested", "The provider suggested other times", _suggestions(booking)
        case State.EXPIRED:
            return "booking_expired", "Your booking request expired", {"reason": change.data["reason"]}
        case _:
            return _cancelled(booking, change) if change.new in CANCELLED else None


def _payment_required(booking: Booking, change: Change, reason: str) -> Told | None:
    """Not when the patient's own call is being answered with it at this moment."""
    if change.actor.source == "app":
        return None
    data = {"reason": reason, "expiresAt": instant(booking.expires_at)}
    return "payment_required", "Your payment needs attention", data


def _appointment(booking: Booking) -> dict[str, Any]:
    return {
        "appointmentDate": instant(booking.start),
        "appointmentTime": clock_face(booking.start.astimezone(booking.provider.zone)),
        "providerTimezone": booking.provider.timezone,
        "providerName": booking.provider.practice_name,
        "confirmationNote": booking.confirmation_note or None,
    }


def _suggestions(booking: Booking) -> dict[str, Any]:
    return {
        "suggestedTimes": wire.suggested_times(booking),
        "message": booking.suggestion_message or None,
        "expiresAt": instant(booking.expires_at),
    }


def _cancelled(booking: Booking, change: Change) -> Told:
    if booking.declined_at:
        return "booking_declined", "The provider declined your request", {"reason": booking.decline_reason}
    waiting = change.old in WAITING
    message = "Booking request cancelled" if waiting else "Your appointment has been cancelled"
    data = {
        "reason": booking.cancellation_reason or None,
        "cancelledBy": booking.cancelled_by,
        "refundAmount": dollars(change.owed_cents),
    }
    return "booking_cancelled", message, data


# --- The provider ------------------------------------------------------------------------------------------------------
def _for_provider(booking: Booking, change: Change) -> tuple[str, dict[str, Any]] | None:
    if change.what == AUTHENTICATION_REQUIRED or change.new == State.CONFIRMING:
        return None
    if _is_over(change):
        return "booking.cancelled", {"data": _over(booking)}
    view = wire.provider_view(booking)
    if change.old == State.PENDING_PAYMENT and change.new == State.PENDING_CONFIRMATION:
        urgent = booking.expires_at is not None and booking.expires_at - clock.now() < URGENT
        return "booking.new", {"urgent": urgent, "data": view}
    is_confirmed = change.new == State.CONFIRMED and not change.what
    return "booking.confirmed" if is_confirmed else "booking.updated", {"data": view}


def _is_over(change: Change) -> bool:
    return not change.what and change.new in (State.EXPIRED, State.PAYMENT_FAILED, *CANCELLED)


def _over(booking: Booking) -> dict[str, Any]:
    state = State(booking.state)
    reasons = {State.EXPIRED: "Request expired", State.PAYMENT_FAILED: "Payment failed"}
    return {
        "status": status_word(state, Role.PROVIDER),
        "state": state.value,
        "bookingNumber": booking.number,
        "cancelledBy": booking.cancelled_by or None,
        "reason": reasons.get(state, booking.cancellation_reason or None),
    }
