"""Staff move a confirmed visit to another time, on the practice's clock."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from unfold.widgets import UnfoldBooleanWidget

from bookings import policies
from bookings.actors import Actor
from bookings.admin.actions.base import ActionResult, InItsPlaceForm, StaffAction, refused, start_of
from bookings.admin.formatting import plain
from bookings.errors import NotConfirmed, SlotTaken
from bookings.models import Booking
from bookings.policies import Breakable
from bookings.services.moves import move_visit
from bookings.states import State
from findr.errors import FindrError
from providers.admin_fields import WallTimeField
from providers.admin_times import local

# The box that names a rule, and its label.
_BOXES = {
    Breakable.LEAD: ("breaks_lead", "Even if it is sooner than the practice's notice"),
    Breakable.HORIZON: ("breaks_horizon", "Even if it is further ahead than the practice takes bookings"),
    Breakable.HOURS: ("breaks_hours", "Even if it is outside the opening hours, or in time off"),
}


def _box(rule: Breakable) -> forms.BooleanField:
    return forms.BooleanField(required=False, label=_BOXES[rule][1], widget=UnfoldBooleanWidget)


class MoveForm(InItsPlaceForm):
    """The new time, which rules of the practice it may break, and why."""

    field_order = ("start", "breaks_lead", "breaks_horizon", "breaks_hours", "staff_reason")

    start = WallTimeField()
    breaks_lead = _box(Breakable.LEAD)
    breaks_horizon = _box(Breakable.HORIZON)
    breaks_hours = _box(Breakable.HOURS)

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        provider = self.bookings[0].provider
        start = cast("WallTimeField", self.fields["start"])
        start.zone = provider.zone
        start.label = f"New time, on the clock of {provider.timezone}"
        notice = f"{provider.minimum_lead_minutes} minutes' notice"
        self.fields["breaks_lead"].help_text = f"Only if it is needed: the practice wants {notice}."
        ahead = f"{provider.maximum_advance_days} days ahead"
        self.fields["breaks_horizon"].help_text = f"Only if it is needed: the practice takes bookings {ahead}."
        self.fields["breaks_hours"].help_text = "Only if it is needed. Agree it with the practice first."

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        return {**given, "broken": frozenset(rule for rule, (box, _) in _BOXES.items() if given.get(box))}


def _may_move(booking: Booking) -> bool:
    return booking.state == State.CONFIRMED and booking.provider.is_approved


def _preview(booking: Booking) -> str:
    if booking.state != State.CONFIRMED:
        return f"Nothing can be done: it is {plain(booking.state)}. Only a confirmed visit can be moved."
    if not booking.provider.is_approved:
        return f"Nothing can be done: the practice is {booking.provider.status}. The visit can be cancelled."
    length = f"{booking.duration_minutes} minutes"
    return (
        f"The visit moves from {start_of(booking)} to the time that you enter, and still takes {length}. No money moves. "
        "The patient and the practice are told at once."
    )


def _carry_out(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    try:
        moved = move_visit(
            booking_id=booking.id,
            start=given["start"],
            reason=given["staff_reason"],
            broken=given["broken"],
            actor=actor,
            seen=given["seen"],
        )
    except NotConfirmed as refusal:
        return refused(booking, f"Only a confirmed visit can be moved: it is {plain(refusal.extra['currentState'])}.")
    except _REFUSALS as refusal:
        return refused(booking, f"{local(given['start'], booking.provider.zone)} {_what_is_wrong(refusal)}")
    return ActionResult(messages.SUCCESS, f"{booking}: moved to {start_of(moved)}.")


_WHY: dict[type[FindrError], str] = {
    SlotTaken: "is taken by another visit, or is too near to one. No box helps against that.",
    policies.TimeInPast: "is in the past.",
    policies.TimeUnchanged: "is when the visit takes place already.",
    policies.TooSoon: "is sooner than the practice's notice.",
    policies.TooFarAhead: "is further ahead than the practice takes bookings.",
    policies.OutsideHours: "is outside the opening hours, or in time off.",
}


_REFUSALS = tuple(_WHY)


def _what_is_wrong(refusal: FindrError) -> str:
    boxes = [f'"{_BOXES[Breakable(rule)][1]}"' for rule in refusal.extra.get("rules", [])]
    if not boxes:
        return _WHY[type(refusal)]
    return f"{_WHY[type(refusal)]} If the practice agrees, tick: {', '.join(boxes)}."


MOVE = StaffAction("move", "Move", "Move the visit", MoveForm, _preview, _carry_out, _may_move, is_alone=True)
