"""What an action of the staff is: previewed, carried out through the service that everybody else's goes through, told."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import InterfaceError, OperationalError
from unfold.widgets import UnfoldAdminTextareaWidget

from bookings import deadlines
from bookings.actors import Actor
from bookings.admin.formatting import money, plain
from bookings.errors import ChangedMeanwhile, DecisionInProgress, PaymentRefused, SlotTaken, WrongState
from bookings.models import Booking
from bookings.policies import PracticeNotApproved
from findr import clock
from findr.errors import FindrError, TemporarilyUnavailable
from providers.admin_times import local

logger = logging.getLogger(__name__)

_BUSY = "The server is busy, or somebody else is working on it. Nothing was changed; please try again."

# One page of actions stops asking the vendor after so many seconds; what is left is told, and untouched. A router in
# front of the web process commonly gives up after 30, and the last one may still take a vendor call's time.
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class ActionResult:
    """What came of one action, as the staff member reads it."""

    level: int
    text: str


class ActionForm(forms.Form):
    """What an action asks of whoever makes it. Carries which version of each booking its page shows.

    Args:
        bookings: what the action is about; one, if it is taken on one at a time.
    """

    def __init__(self, data: Any, *, bookings: Sequence[Booking]) -> None:
        super().__init__(data)
        self.bookings = bookings

    def given_for(self, booking: Booking) -> dict[str, Any]:
        """What was filled in, and the version of the booking that was shown beside it, blank if none was."""
        return {**self.cleaned_data, "seen": self.data.get(seen_field(booking), "")}


def seen_field(booking: Booking) -> str:
    """The hidden field with the version of a booking that a page shows."""
    return f"seen-{booking.id}"


class ReasonForm(ActionForm):
    """Ending what somebody asked for always has a reason."""

    reason = forms.CharField(
        max_length=500,
        label="Reason",
        help_text="The patient and the practice can read it.",
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )


class InItsPlaceForm(ActionForm):
    """What is decided in the practice's place has a reason too, which is nobody's business but the staff's."""

    staff_reason = forms.CharField(
        max_length=500,
        label="Reason",
        help_text="For the history. Only staff can read it.",
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )


@dataclass(frozen=True)
class StaffAction:
    """One thing that staff may decide.

    Attributes:
        verb: what the page's heading begins with.
        preview: what will happen to a booking and its money, told before it is done.
        carry_out: does it, by the service, and tells what came of it.
        permission: what it takes.
        is_alone: made about one booking at a time; a refusal leaves what was typed on the page.
        variant: the colour of its button.
    """

    name: str
    verb: str
    button: str
    form: type[ActionForm]
    preview: Callable[[Booking], str]
    carry_out: Callable[[Booking, dict[str, Any], Actor], ActionResult]
    fits: Callable[[Booking], bool]
    permission: str = "bookings.change_booking"
    is_alone: bool = False
    variant: str = "primary"


def carry_out_all(
    staff_action: StaffAction, bookings: Sequence[Booking], form: ActionForm, actor: Actor
) -> list[ActionResult]:
    """Decide about each booking by itself: one that is refused, has changed, or fails, does not stop the rest."""
    told = []
    until = time.monotonic() + PATIENCE_SECONDS
    for booking in bookings:
        if time.monotonic() > until:
            told.append(
                ActionResult(messages.WARNING, f"{booking}: not touched, since the vendor is slow. Please try again.")
            )
            continue
        told.append(_carry_out_one(staff_action, booking, form.given_for(booking), actor))
    return told


def _carry_out_one(staff_action: StaffAction, booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    try:
        return staff_action.carry_out(booking, given, actor)
    except PracticeNotApproved:  # Since the page was read: what it knows of the practice is old.
        return refused(booking, "The practice is not approved any more. The request can be declined or cancelled.")
    except FindrError as refusal:
        return refused(booking, _why(refusal))
    except (OperationalError, InterfaceError) as error:  # A lock waited for too long: as the API's 503.
        logger.warning("Staff could not %s booking %s: %s", staff_action.name, booking.id, error)
        return ActionResult(messages.ERROR, f"{booking}: not done. {_BUSY}")
    except Exception:
        logger.exception("Staff could not %s booking %s.", staff_action.name, booking.id)
        return ActionResult(messages.ERROR, f"{booking}: something went wrong. Look at its page before you try again.")


def refused(booking: Booking, why: str) -> ActionResult:
    """Nothing was done, and why."""
    return ActionResult(messages.ERROR, f"{booking}: refused. {why}")


def _why(refusal: FindrError) -> str:
    """The refusal in words for staff: whose money, and what the booking is now."""
    match refusal:
        case PaymentRefused(code="payment_failed"):
            return "The money could not be had: the booking has ended as payment failed, and nothing is charged."
        case PaymentRefused():
            return f'The card was refused ("{refusal.message}"). Nothing is charged, and the request still waits.'
        case ChangedMeanwhile():
            return "It has changed since the page was opened, perhaps by your own first click. Nothing was done."
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


def is_answerable(booking: Booking) -> bool:
    """Whether it waits for an answer, and in time."""
    return deadlines.is_answerable(booking, clock.now())


def may_be_filled(booking: Booking) -> bool:
    """Whether the practice, or staff in its place, may give the patient this time or another one."""
    return is_answerable(booking) and booking.provider.is_approved


def is_unanswered(booking: Booking) -> bool:
    """Whether it waits for an answer that comes too late."""
    return deadlines.is_unanswered(booking, clock.now())


def nothing(booking: Booking) -> str:
    """Why nothing can be done about a booking."""
    if is_unanswered(booking):
        return "Nothing can be done: its deadline has passed. It can only be expired."
    if not is_answerable(booking):
        return f"Nothing can be done: it is {plain(booking.state)}."
    return f"Nothing can be done: the practice is {booking.provider.status}. The request can be declined or cancelled."


def price_of(booking: Booking) -> str:
    """All that its payment is about."""
    return money(booking.payment.amount_cents, booking.payment.currency)


def hold_released(booking: Booking) -> str:
    """What becomes of the money of a booking that ends before it was charged."""
    if not booking.payment.amount_cents:
        return "No money is involved."
    return f"The hold of {price_of(booking)} on the patient's card is released and nothing is charged."


def start_of(booking: Booking) -> str:
    """When the visit begins, on the practice's clock."""
    return local(booking.start, booking.provider.zone)
