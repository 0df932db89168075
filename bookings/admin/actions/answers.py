"""Staff answer a request in the practice's place: confirm, decline; or expire what nobody answered in time."""

from typing import Any

from django import forms
from django.contrib import messages
from unfold.widgets import UnfoldAdminTextareaWidget

from bookings.actors import Actor
from bookings.admin.actions.base import (
    ActionResult,
    InItsPlaceForm,
    ReasonForm,
    StaffAction,
    hold_released,
    is_answerable,
    is_unanswered,
    may_be_filled,
    nothing,
    price_of,
    start_of,
)
from bookings.admin.formatting import plain
from bookings.models import Booking
from bookings.services import answers, expiry
from bookings.states import ANSWERABLE, PaymentState
from findr.vendors.budget import Budget
from providers.admin_times import local


class NoteForm(InItsPlaceForm):
    """Why staff confirm; and a confirmation may carry a note."""

    note = forms.CharField(
        required=False,
        max_length=500,
        label="Note",
        help_text="Optional. The patient and the practice can read it.",
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )


def _preview_confirm(booking: Booking) -> str:
    if not may_be_filled(booking):
        return nothing(booking)
    charge = "Nothing is charged"
    if booking.payment.amount_cents:
        charge = f"{price_of(booking)} will be charged to the patient's card"
    return f"{charge}, and the visit is confirmed for {start_of(booking)}."


def _confirm(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    answered = answers.confirm_booking(
        booking_id=booking.id,
        note=given["note"],
        actor=actor,
        budget=Budget(),
        staff_reason=given["staff_reason"],
        seen=given["seen"],
    )
    if answered.processing:
        return ActionResult(
            messages.WARNING,
            f"{booking}: processing. The payment vendor has not answered yet; the visit is confirmed once it has.",
        )
    return ActionResult(messages.SUCCESS, f"{booking}: confirmed.")


def _preview_decline(booking: Booking) -> str:
    if not is_answerable(booking):
        return nothing(booking)
    return f"{hold_released(booking)} The booking ends as declined by the practice, and its time is free again."


def _decline(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    declined = answers.decline_booking(
        booking_id=booking.id, reason=given["reason"], actor=actor, budget=Budget(), seen=given["seen"]
    )
    if declined.payment.state == PaymentState.RELEASED:
        return ActionResult(messages.SUCCESS, f"{booking}: declined, and nothing is charged.")
    return ActionResult(
        messages.WARNING,
        f"{booking}: declined, and nothing is charged. The release of the hold is still being processed.",
    )


def _preview_expire(booking: Booking) -> str:
    if is_unanswered(booking):
        return f"{hold_released(booking)} The booking ends as expired, and its time is free again."
    if booking.state in ANSWERABLE:
        return f"Nothing will happen: it can be answered until {local(booking.expires_at, booking.provider.zone)}."
    return f"Nothing can be done: it is {plain(booking.state)}."


def _expire(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    expired = expiry.expire_booking(booking_id=booking.id, actor=actor, note=given["reason"], seen=given["seen"])
    if expired is None:
        return ActionResult(messages.WARNING, f"{booking}: nothing changed. It is not overdue, or no longer waits.")
    released = " The hold on the card is being released." if booking.payment.amount_cents else ""
    return ActionResult(messages.SUCCESS, f"{booking}: expired.{released}")


CONFIRM = StaffAction("confirm", "Confirm", "Confirm", NoteForm, _preview_confirm, _confirm, may_be_filled)
DECLINE = StaffAction(
    "decline", "Decline", "Decline", ReasonForm, _preview_decline, _decline, is_answerable, variant="danger"
)
EXPIRE = StaffAction("expire", "Expire", "Expire", ReasonForm, _preview_expire, _expire, is_unanswered)
