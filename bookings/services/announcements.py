"""Who is told what of a change: the frames of contract 15.4-15.6, written in the change's own transaction.

A change is announced where it is made (`steps.move`), and rendered when everything else of its transaction is done, so
that a frame shows the booking and its money as they are committed. Feed counters are the last locks taken.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from bookings import deadlines, wire
from bookings.actors import Actor, Source
from bookings.models import Booking, BookingEvent
from bookings.states import ANSWERABLE, CANCELLED, WAITING, Role, State, status_word
from findr import clock
from findr.accounts.wire import instant
from findr.money import dollars
from findr.transactions import before_commit
from notifications.services import Frame, publish
from providers.wall_times import clock_face

# Message and data of a patient's frame.
Told = tuple[str, dict[str, Any]]

REFUNDED = "refunded"
AUTHENTICATION_REQUIRED = "authentication_required"
# Lines of history that are no move, and what people are told with them; of a refund not always.
_TOLD_BESIDE_MOVES = {"payment_authentication_required": AUTHENTICATION_REQUIRED, "payment_refunded": REFUNDED}


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


@dataclass(frozen=True)
class Owed:
    """The types of the frames that one change owes each side; None where it owes nothing."""

    patient: str | None
    provider: str | None


def announce(booking: Booking, change: Change) -> None:
    """Tell both sides, at the end of the transaction."""
    before_commit(lambda: publish(_frames(booking, change)))


def owed_by(booking: Booking, change: Change) -> Owed:
    """Who is told of a change, as contract 15.6 has it: the one table, for whoever tells and for the books."""
    return Owed(
        patient=_owed_to_patient(change, is_declined=booking.declined_at is not None),
        provider=_owed_to_provider(change) if booking.secured_at else None,
    )


def change_of(event: BookingEvent) -> Change | None:
    """The change that a line of history tells of; None if nobody is told of such a line."""
    what = _TOLD_BESIDE_MOVES.get(event.event_type, "")
    if not (what or event.is_move):
        return None
    actor = Actor(Role(event.actor_role), event.actor_user_id, cast("Source", event.source))
    return Change(State(event.old_state), State(event.new_state), actor, event.data, what)


def _frames(booking: Booking, change: Change) -> list[Frame]:
    frames, owed = [], owed_by(booking, change)
    if owed.patient:
        message, data = _TO_PATIENT[owed.patient](booking, change)
        body = {"message": message, "data": data, **_heading(booking)}
        frames.append(Frame(booking.patient_id, owed.patient, booking.id, body))
    if owed.provider:
        body = _TO_PROVIDER.get(owed.provider, _view)(booking)
        body["data"] |= {"_id": str(booking.id), "id": str(booking.id), "bookingId": str(booking.id)}
        frames.append(Frame(booking.provider_id, owed.provider, booking.id, body))
    return frames


def _heading(booking: Booking) -> dict[str, Any]:
    state = State(booking.state)
    return {"bookingId": str(booking.id), "status": status_word(state, Role.PATIENT), "state": state.value}


# --- The patient -------------------------------------------------------------------------------------------------------
def _owed_to_patient(change: Change, *, is_declined: bool) -> str | None:
    if _payment_reason(change):
        # Not when the patient's own call is being answered with it at this moment.
        return None if change.actor.source == "app" else "payment_required"
    if change.what:
        return None
    match change.new:
        case State.PENDING_CONFIRMATION:
            return "booking_pending"
        case State.CONFIRMED:
            return "booking_confirmed"
        case State.RESCHEDULE_PROPOSED:
            return "times_suggested"
        case State.EXPIRED:
            return "booking_expired"
        case state if state in CANCELLED:
            return "booking_declined" if is_declined else "booking_cancelled"
        case _:
            return None


def _payment_reason(change: Change) -> str:
    """Why the payment needs the patient's attention; blank if it does not."""
    if change.what:
        return change.what if change.what == AUTHENTICATION_REQUIRED else ""
    if change.new == State.PAYMENT_FAILED:
        return "payment_failed"
    is_back = change.old == State.CONFIRMING and change.new in ANSWERABLE
    return "card_refused" if is_back else ""


def _payment_required(booking: Booking, change: Change) -> Told:
    data = {"reason": _payment_reason(change), "expiresAt": instant(booking.expires_at)}
    return "Your payment needs attention", data


def _pending(booking: Booking, change: Change) -> Told:
    return "Booking request sent", {"bookingType": booking.booking_type, "expiresAt": instant(booking.expires_at)}


def _confirmed(booking: Booking, change: Change) -> Told:
    return "Your appointment has been confirmed", _appointment(booking)


def _suggested(booking: Booking, change: Change) -> Told:
    return "The provider suggested other times", _suggestions(booking)


def _expired(booking: Booking, change: Change) -> Told:
    return "Your booking request expired", {"reason": change.data["reason"]}


def _declined(booking: Booking, change: Change) -> Told:
    return "The provider declined your request", {"reason": booking.decline_reason}


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
    message = "Booking request cancelled" if change.old in WAITING else "Your appointment has been cancelled"
    data = {
        "reason": booking.cancellation_reason or None,
        "cancelledBy": booking.cancelled_by,
        "refundAmount": dollars(change.owed_cents),
    }
    return message, data


_TO_PATIENT: dict[str, Callable[[Booking, Change], Told]] = {
    "payment_required": _payment_required,
    "booking_pending": _pending,
    "booking_confirmed": _confirmed,
    "times_suggested": _suggested,
    "booking_expired": _expired,
    "booking_declined": _declined,
    "booking_cancelled": _cancelled,
}


# --- The provider ------------------------------------------------------------------------------------------------------
def _owed_to_provider(change: Change) -> str | None:
    if change.what == AUTHENTICATION_REQUIRED or change.new == State.CONFIRMING:
        return None
    if change.what:
        return "booking.updated"
    if change.new in (State.EXPIRED, State.PAYMENT_FAILED, *CANCELLED):
        return "booking.cancelled"
    if change.old == State.PENDING_PAYMENT and change.new == State.PENDING_CONFIRMATION:
        return "booking.new"
    return "booking.confirmed" if change.new == State.CONFIRMED else "booking.updated"


def _view(booking: Booking) -> dict[str, Any]:
    return {"data": wire.provider_view(booking)}


def _new(booking: Booking) -> dict[str, Any]:
    return {"urgent": deadlines.is_urgent(booking, clock.now()), **_view(booking)}


def _over(booking: Booking) -> dict[str, Any]:
    state = State(booking.state)
    reasons = {State.EXPIRED: "Request expired", State.PAYMENT_FAILED: "Payment failed"}
    return {
        "data": {
            "status": status_word(state, Role.PROVIDER),
            "state": state.value,
            "bookingNumber": booking.number,
            "cancelledBy": booking.cancelled_by or None,
            "reason": reasons.get(state, booking.cancellation_reason or None),
        }
    }


_TO_PROVIDER: dict[str, Callable[[Booking], dict[str, Any]]] = {"booking.new": _new, "booking.cancelled": _over}
