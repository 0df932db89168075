"""What staff may decide about a booking. Each goes through the service that everybody else's decision goes through."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import InterfaceError, OperationalError
from unfold.widgets import UnfoldAdminTextareaWidget

from bookings.actors import Actor
from bookings.admin.words import local, money, plain
from bookings.errors import DecisionInProgress, PaymentRefused, SlotTaken, WrongState
from bookings.models import Booking
from bookings.services import answers, expiry, payments
from bookings.states import ANSWERABLE, PaymentState
from findr.errors import FindrError, TemporarilyUnavailable
from findr.vendor_time import Budget

logger = logging.getLogger(__name__)

_BUSY = "The server is busy, or somebody else is working on it. Nothing was changed; please try again."

# One page of decisions stops asking the vendor after so many seconds; what is left is told, and untouched. A router in
# front of the web process commonly gives up after 30, and the last decision may still take a vendor call's time.
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Told:
    """What came of one decision, as the staff member reads it."""

    level: int
    text: str


class NoteForm(forms.Form):
    """A confirmation may carry a note."""

    note = forms.CharField(
        required=False,
        max_length=500,
        label="Note",
        help_text="Optional. The patient and the practice can read it.",
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )


class ReasonForm(forms.Form):
    """Ending what somebody asked for always has a reason."""

    reason = forms.CharField(
        max_length=500,
        label="Reason",
        help_text="The patient and the practice can read it.",
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )


@dataclass(frozen=True)
class Decision:
    """One thing that staff may decide.

    Attributes:
        foretell: what will happen to a booking, told before it is done.
        carry_out: does it, by the service, and tells what came of it.
    """

    name: str
    title: str
    button: str
    form: type[forms.Form]
    foretell: Callable[[Booking], str]
    carry_out: Callable[[Booking, dict[str, Any], Actor], Told]
    fits: Callable[[Booking], bool]


def carry_out_all(decision: Decision, bookings: Sequence[Booking], given: dict[str, Any], actor: Actor) -> list[Told]:
    """Decide about each booking by itself: one that is refused, or fails, does not stop the rest."""
    told = []
    until = time.monotonic() + PATIENCE_SECONDS
    for booking in bookings:
        if time.monotonic() > until:
            told.append(Told(messages.WARNING, f"{booking}: not touched, since the vendor is slow. Please try again."))
            continue
        told.append(_carry_out_one(decision, booking, given, actor))
    return told


def _carry_out_one(decision: Decision, booking: Booking, given: dict[str, Any], actor: Actor) -> Told:
    try:
        return decision.carry_out(booking, given, actor)
    except FindrError as refusal:
        return Told(messages.ERROR, f"{booking}: refused. {_why(refusal)}")
    except (OperationalError, InterfaceError) as error:  # A lock waited for too long: as the API's 503.
        logger.warning("Staff could not %s booking %s: %s", decision.name, booking.id, error)
        return Told(messages.ERROR, f"{booking}: not done. {_BUSY}")
    except Exception:
        logger.exception("Staff could not %s booking %s.", decision.name, booking.id)
        return Told(messages.ERROR, f"{booking}: something went wrong. Look at its page before you try again.")


def _why(refusal: FindrError) -> str:
    """The refusal in words for staff: whose money, and what the booking is now."""
    match refusal:
        case PaymentRefused(code="payment_failed"):
            return "The money could not be had: the booking has ended as payment failed, and nothing is charged."
        case PaymentRefused():
            return f'The card was refused ("{refusal.message}"). Nothing is charged, and the request still waits.'
        case SlotTaken():
            return "The practice has another visit at this time. The request still waits."
        case WrongState():
            return f"It does not wait for an answer any more: it is {plain(refusal.extra['currentState'])}."
        case DecisionInProgress():
            return "Somebody's decision is being processed right now."
        case TemporarilyUnavailable():
            return _BUSY
        case _:
            return f"{refusal.message}."


def _is_answerable(booking: Booking) -> bool:
    return booking.state in ANSWERABLE and not payments.is_overdue(booking)


def _is_overdue(booking: Booking) -> bool:
    return booking.state in ANSWERABLE and payments.is_overdue(booking)


def _nothing(booking: Booking) -> str:
    if _is_overdue(booking):
        return "Nothing can be done: its deadline has passed. It can only be expired."
    return f"Nothing can be done: it is {plain(booking.state)}."


def _foretell_confirm(booking: Booking) -> str:
    if not _is_answerable(booking):
        return _nothing(booking)
    cents = booking.payment.amount_cents
    price = money(cents, booking.payment.currency)
    charge = f"{price} will be charged to the patient's card" if cents else "Nothing is charged"
    return f"{charge}, and the visit is confirmed for {local(booking.start, booking.provider.zone)}."


def _confirm(booking: Booking, given: dict[str, Any], actor: Actor) -> Told:
    answered = answers.confirm_booking(booking_id=booking.id, note=given["note"], actor=actor, budget=Budget())
    if answered.processing:
        return Told(
            messages.WARNING,
            f"{booking}: processing. The payment vendor has not answered yet; the visit is confirmed once it has.",
        )
    return Told(messages.SUCCESS, f"{booking}: confirmed.")


def _foretell_decline(booking: Booking) -> str:
    if not _is_answerable(booking):
        return _nothing(booking)
    return f"{_not_charged(booking)} The booking ends as declined by the practice, and its time is free again."


def _not_charged(booking: Booking) -> str:
    cents = booking.payment.amount_cents
    held = money(cents, booking.payment.currency)
    return (
        f"The hold of {held} on the patient's card is released and nothing is charged."
        if cents
        else "No money is involved."
    )


def _decline(booking: Booking, given: dict[str, Any], actor: Actor) -> Told:
    declined = answers.decline_booking(booking_id=booking.id, reason=given["reason"], actor=actor, budget=Budget())
    if declined.payment.state == PaymentState.RELEASED:
        return Told(messages.SUCCESS, f"{booking}: declined, and nothing is charged.")
    return Told(
        messages.WARNING,
        f"{booking}: declined, and nothing is charged. The release of the hold is still being processed.",
    )


def _foretell_expire(booking: Booking) -> str:
    if _is_overdue(booking):
        return f"{_not_charged(booking)} The booking ends as expired, and its time is free again."
    if booking.state in ANSWERABLE:
        return f"Nothing will happen: it can be answered until {local(booking.expires_at, booking.provider.zone)}."
    return f"Nothing can be done: it is {plain(booking.state)}."


def _expire(booking: Booking, given: dict[str, Any], actor: Actor) -> Told:
    if expiry.expire_booking(booking_id=booking.id, actor=actor, note=given["reason"]) is None:
        return Told(messages.WARNING, f"{booking}: nothing changed. It is not overdue, or no longer waits.")
    released = " The hold on the card is being released." if booking.payment.amount_cents else ""
    return Told(messages.SUCCESS, f"{booking}: expired.{released}")


CONFIRM = Decision("confirm", "Confirm", "Confirm", NoteForm, _foretell_confirm, _confirm, _is_answerable)
DECLINE = Decision("decline", "Decline", "Decline", ReasonForm, _foretell_decline, _decline, _is_answerable)
EXPIRE = Decision("expire", "Expire what is overdue", "Expire", ReasonForm, _foretell_expire, _expire, _is_overdue)
DECISIONS = {decision.name: decision for decision in (CONFIRM, DECLINE, EXPIRE)}
