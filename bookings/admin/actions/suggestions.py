"""Staff suggest other times in the practice's place, on the practice's clock."""

from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from unfold.widgets import UnfoldAdminTextareaWidget

from bookings import policies
from bookings.actors import Actor
from bookings.admin.actions.base import (
    ActionResult,
    InItsPlaceForm,
    StaffAction,
    may_be_filled,
    nothing,
    price_of,
    refused,
)
from bookings.errors import RescheduleLimit, SlotTaken
from bookings.models import Booking
from bookings.policies import TimeInPast, TooFarAhead, TooSoon
from bookings.services import suggestions
from findr.errors import FindrError
from providers.admin_fields import WallTimeField
from providers.admin_times import local

_PLACES = ("first", "second", "third")
_ROUNDS_USED_UP = "other times have been suggested twice, and nobody may suggest them more often"


class SuggestForm(InItsPlaceForm):
    """One to three times, in the order in which the patient shall see them, and why staff suggest them."""

    field_order = ("first", "second", "third", "message", "staff_reason")

    first = WallTimeField(required=True, label="First time")
    second = WallTimeField(required=False, label="Second time")
    third = WallTimeField(required=False, label="Third time")
    message = forms.CharField(
        required=False,
        max_length=500,
        label="Message",
        help_text="Optional. The patient and the practice can read it.",
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        provider = self.bookings[0].provider
        for place in _PLACES:
            field = cast("WallTimeField", self.fields[place])
            field.zone = provider.zone
            field.label = f"{place.capitalize()} time, on the clock of {provider.timezone}"
            field.help_text = "" if field.required else "Optional."

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        starts = [given[place] for place in _PLACES if given.get(place)]
        if len(set(starts)) < len(starts):
            raise forms.ValidationError("The suggested times must differ.")
        return {**given, "starts": starts}


def _may_suggest(booking: Booking) -> bool:
    return may_be_filled(booking) and policies.may_suggest_again(booking.rounds)


def _preview_suggest(booking: Booking) -> str:
    if not may_be_filled(booking):
        return nothing(booking)
    if not _may_suggest(booking):
        return f"Nothing can be done: {_ROUNDS_USED_UP}."
    cents, longest = booking.payment.amount_cents, policies.whole_hours(policies.SUGGESTION_WINDOW)
    paid = f"The hold of {price_of(booking)} stays as it is; it is charged once the patient accepts a time."
    replaced = " They take the place of the times that were suggested before." if booking.rounds else ""
    return (
        f"{paid if cents else 'No money is involved.'} The patient is asked to choose, and the times are kept until "
        f"then, for at most {longest}.{replaced} This is round {booking.rounds + 1} of {policies.MAX_ROUNDS}."
    )


def _suggest(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    starts, zone = given["starts"], booking.provider.zone
    try:
        suggested = suggestions.suggest_times(
            booking_id=booking.id,
            starts=starts,
            message=given["message"],
            actor=actor,
            staff_reason=given["staff_reason"],
            seen=given["seen"],
        )
    except RescheduleLimit:
        return refused(booking, f"{_ROUNDS_USED_UP.capitalize()}. The request still waits.")
    except (SlotTaken, TimeInPast, TooSoon, TooFarAhead) as refusal:
        return refused(booking, f"{_which(refusal, starts, zone)}{_what_is_wrong(refusal, booking)}")
    times = "1 time" if len(starts) == 1 else f"{len(starts)} times"
    until = local(suggested.expires_at, zone)
    return ActionResult(messages.SUCCESS, f"{booking}: {times} suggested. The patient can choose until {until}.")


def _which(refusal: FindrError, starts: list[datetime], zone: ZoneInfo) -> str:
    index = refusal.extra.get("index")
    return "" if index is None else f"The {_PLACES[index]} time ({local(starts[index], zone)}) "


def _what_is_wrong(refusal: FindrError, booking: Booking) -> str:
    provider = booking.provider
    match refusal:
        case SlotTaken():
            return "is taken by another visit."
        case TimeInPast():
            return "is in the past."
        case TooFarAhead():
            return f"is too far ahead: the practice takes bookings for {provider.maximum_advance_days} days."
        case TooSoon(extra={"index": _}):
            margin = int(policies.REQUEST_MARGIN.total_seconds()) // 60
            notice = f"{provider.minimum_lead_minutes} minutes' notice and {margin} for the answer"
            return f"is too soon: the practice wants {notice}."
        case _:
            shortest = int(policies.SHORTEST_WINDOW.total_seconds()) // 60
            return f"The patient would have less than {shortest} minutes to answer before the hold on the card lapses."


SUGGEST = StaffAction(
    "suggest",
    "Suggest times for",
    "Suggest these times",
    SuggestForm,
    _preview_suggest,
    _suggest,
    _may_suggest,
    is_alone=True,
)
