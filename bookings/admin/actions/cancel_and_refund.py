"""Staff give money back: with the whole booking, which they cancel, or some of it, and the booking stays as it is."""

from typing import Any

from django import forms
from django.contrib import messages
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from bookings.actors import Actor
from bookings.admin.actions.base import ActionResult, ReasonForm, StaffAction, hold_released, nothing, price_of, refused
from bookings.admin.formatting import money, plain
from bookings.errors import BookingNotCancellable, DecisionInProgress, NotRefundable
from bookings.models import Booking
from bookings.services import cancellations, refunds
from bookings.states import PaymentState, Role, State
from findr import clock
from findr.money import in_cents, typed
from findr.vendors.budget import Budget


def _may_cancel(booking: Booking) -> bool:
    return cancellations.may_cancel(booking, State.CANCELLED_ADMIN, Role.STAFF, clock.now())


def _preview_cancel(booking: Booking) -> str:
    if not _may_cancel(booking):
        return nothing(booking)
    return f"{_money_of_cancelled(booking)} The booking ends as cancelled by staff, and its time is free again."


def _money_of_cancelled(booking: Booking) -> str:
    payment = booking.payment
    if not payment.amount_cents:
        return "No money is involved."
    left = money(payment.kept_cents, payment.currency)
    match PaymentState(payment.state):
        case PaymentState.HELD:
            return hold_released(booking)
        case PaymentState.PAID:
            return f"{left} goes back to the patient: all that was charged, whatever the cancellation tier."
        case PaymentState.PARTIALLY_REFUNDED:
            before = money(payment.refunded_cents, payment.currency)
            return (
                f"{left} goes back to the patient: all that is left of the charge after the {before} given back before."
            )
        case PaymentState.REFUNDING:
            return f"{left} goes back to the patient, what is on its way right now included: all that is left of the charge."
        case PaymentState.REFUNDED:
            return "No money moves: all that was charged has been given back before."
        case _:
            return f"The checkout is not finished. Whatever it holds or takes of the {price_of(booking)} is given back."


def _cancel(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    try:
        cancelled = cancellations.cancel_booking(
            booking_id=booking.id,
            to=State.CANCELLED_ADMIN,
            reason=given["reason"],
            actor=actor,
            budget=Budget(),
            seen=given["seen"],
        )
    except BookingNotCancellable as refusal:
        return refused(booking, f"It cannot be cancelled any more: it is {plain(refusal.extra['currentState'])}.")
    return _what_came_of(booking, cancelled)


def _what_came_of(booking: Booking, cancelled: cancellations.CancelResult) -> ActionResult:
    payment = cancelled.booking.payment
    amount = money(cancelled.refund_cents, payment.currency)
    if cancelled.refund_cents and booking.payment.state == PaymentState.REFUNDING:
        return ActionResult(
            messages.WARNING,
            f"{booking}: cancelled. {amount} more will be refunded, after the refund that is on its way.",
        )
    if cancelled.refund_cents and not cancelled.settled:
        return ActionResult(
            messages.WARNING,
            f"{booking}: cancelled. {amount} will be refunded; the payment vendor has not answered yet.",
        )
    if cancelled.refund_cents:
        return ActionResult(messages.SUCCESS, f"{booking}: cancelled, and {amount} is refunded.")
    match PaymentState(payment.state):
        case PaymentState.RELEASED:
            return ActionResult(messages.SUCCESS, f"{booking}: cancelled, and nothing is charged.")
        case PaymentState.RELEASING:
            return ActionResult(
                messages.WARNING,
                f"{booking}: cancelled, and nothing is charged. The release of the hold is still being processed.",
            )
        case PaymentState.AUTHORIZING:
            return ActionResult(
                messages.WARNING,
                f"{booking}: cancelled. Its checkout is still being processed; what comes of it is given back.",
            )
        case _:
            return ActionResult(messages.SUCCESS, f"{booking}: cancelled. No money had to move.")


class RefundForm(ReasonForm):
    """How much, and why."""

    field_order = ("amount", "reason")
    amount = forms.DecimalField(decimal_places=2, max_digits=9, widget=UnfoldAdminDecimalFieldWidget)

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        booking = self.bookings[0]
        most = refunds.refundable_cents(booking)
        currency = booking.payment.currency.upper()
        self.fields["amount"].label = f"Amount in {currency}"
        self.fields["amount"].help_text = f"At most {money(most, currency)}."
        self.initial["amount"] = typed(most)


def _may_refund(booking: Booking) -> bool:
    return refunds.refundable_cents(booking) > 0


def _preview_refund(booking: Booking) -> str:
    payment = booking.payment
    if not _may_refund(booking):
        return _nothing_to_refund(booking)
    most, charged = (
        money(cents, payment.currency) for cents in (refunds.refundable_cents(booking), payment.captured_cents)
    )
    before = f", since {money(payment.refunded_cents, payment.currency)} was given back before" * bool(
        payment.refunded_cents
    )
    return (
        f"The amount that you enter goes back to the patient's card: at most {most} of the {charged} charged{before}. "
        f"The booking stays {plain(booking.state)}."
    )


def _nothing_to_refund(booking: Booking) -> str:
    payment = booking.payment
    if payment.state == PaymentState.REFUNDING:
        return "Nothing can be done right now: another refund is being processed."
    if payment.captured_cents:
        return (
            f"Nothing can be done: all of the {money(payment.captured_cents, payment.currency)} was given back before."
        )
    return "Nothing can be done: nothing was charged."


def _refund(booking: Booking, given: dict[str, Any], actor: Actor) -> ActionResult:
    cents = in_cents(given["amount"])
    amount, most = (money(each, booking.payment.currency) for each in (cents, refunds.refundable_cents(booking)))
    try:
        refunded = refunds.refund_booking(
            booking_id=booking.id,
            amount_cents=cents,
            reason=given["reason"],
            actor=actor,
            budget=Budget(),
            seen=given["seen"],
        )
    except DecisionInProgress:
        return refused(booking, "Another refund is being processed right now. No money moved.")
    except NotRefundable:
        return refused(booking, f"{amount} cannot be given back, but at most {most}. No money moved.")
    payment = refunded.payment
    if payment.state == PaymentState.REFUNDING:
        return ActionResult(
            messages.WARNING, f"{booking}: {amount} will be refunded; the payment vendor has not answered yet."
        )
    kept = money(payment.kept_cents, payment.currency)
    return ActionResult(messages.SUCCESS, f"{booking}: {amount} is refunded. {kept} of the charge is kept.")


CANCEL = StaffAction(
    "cancel", "Cancel", "Yes, cancel", ReasonForm, _preview_cancel, _cancel, _may_cancel, variant="danger"
)
REFUND = StaffAction(
    "refund",
    "Refund",
    "Refund this amount",
    RefundForm,
    _preview_refund,
    _refund,
    _may_refund,
    permission="bookings.change_payment",
    is_alone=True,
    variant="danger",
)
