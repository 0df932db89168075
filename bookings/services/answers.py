"""The provider answers a request: confirm or decline (contract 11.2, 11.3)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from bookings.actors import Actor
from bookings.errors import BookingNotPending, DecisionInProgress
from bookings.models import Booking, PaymentOperation, TimeHold
from bookings.models.booking import Decision
from bookings.payments.base import Intent, IntentStatus
from bookings.policies import TimeInPast
from bookings.services import asking, intents, payments, steps
from bookings.states import ANSWERABLE, CANCELLED, PaymentState, State, status_word
from findr import clock
from findr.transactions import durable
from findr.vendor_time import Budget, place


@dataclass(frozen=True)
class Answered:
    """The booking after the answer; `processing` if the money's outcome is not known yet."""

    booking: Booking
    processing: bool = False


def confirm_booking(
    *, booking_id: UUID, note: str, actor: Actor, budget: Budget, staff_reason: str = "", seen: str | None = None
) -> Answered:
    """The provider, or staff, says yes: the time is secured, the hold captured, the visit confirmed.

    Confirming again what is confirmed, or being confirmed, changes nothing.

    Args:
        note: for the patient and the practice to read.
        staff_reason: why staff confirm in the practice's place, for the history that staff read.
        seen: only this version of the booking (`steps.version_of`).

    Raises:
        BookingNotFound, ChangedMeanwhile, BookingNotPending, DecisionInProgress, TimeInPast, SlotTaken: nothing changed.
        TemporarilyUnavailable: no payment vendor is configured, or too many requests wait for vendors; nothing changed.
        PaymentRefused: `card_declined`: the hold stands and the request waits as before; `payment_failed`: the hold
            is gone, so is the booking, and nothing is charged.
    """
    with place():
        booking, operation = _start_confirming(booking_id, note, actor, staff_reason, seen)
        if operation is None:
            return Answered(booking, processing=booking.state == State.CONFIRMING)
        return capture(operation, actor=actor, budget=budget)


def standing(booking: Booking, actor: Actor) -> Answered:
    """What a decision has come to by now, told from the booking alone.

    Raises:
        PaymentRefused: the money could not be had.
        BookingNotPending: the booking has ended since: a visit that was called off is not told as confirmed.
    """
    if booking.state in (State.PAYMENT_FAILED, *ANSWERABLE):
        raise payments.refusal_of(booking, actor.role)
    if booking.state in (*CANCELLED, State.EXPIRED):
        state = State(booking.state)
        raise BookingNotPending(state=state, word=status_word(state, actor.role))
    return Answered(booking, processing=booking.state == State.CONFIRMING)


def capture(operation: PaymentOperation, *, actor: Actor, budget: Budget) -> Answered:
    """Take the money of a decision that stands; contract 6.8.

    Raises:
        PaymentRefused, BookingNotPending: as `standing`.
    """
    outcome = payments.carry_out(operation, actor=actor, seconds=budget.for_call(settings.MONEY_CALL_SECONDS))
    return standing(outcome.booking, actor)


@durable("the practice's yes is written")
def _start_confirming(
    booking_id: UUID, note: str, actor: Actor, staff_reason: str, seen: str | None
) -> tuple[Booking, PaymentOperation | None]:
    booking = steps.lock_booking(booking_id, seen=seen)
    if booking.decision == Decision.CONFIRM and booking.state in (State.CONFIRMING, State.CONFIRMED):
        return booking, None
    refuse_unless_answerable(booking, actor)
    if booking.start <= clock.now():
        raise TimeInPast
    if booking.payment.amount_cents:
        asking.require_vendor()
    steps.secure_time(booking, buffer_minutes=_buffer_minutes(booking))
    steps.move(
        booking,
        State.CONFIRMING,
        "confirm_started",
        actor,
        data=steps.staff_reason(staff_reason),
        decision=Decision.CONFIRM,
        decided_from=booking.state,
        buffer_minutes=booking.buffer_minutes,
        confirmation_note=note,
    )
    return booking, start_capture(booking, actor)


def _buffer_minutes(booking: Booking) -> int:
    """Minutes kept free after the time asked for: as they were when a request that holds it took it, else as now."""
    if booking.holds_time:
        held = TimeHold.objects.filter(owner=booking.id, kind=TimeHold.Kind.REQUEST).first()
        if held:
            return int((held.during.upper - booking.end) / timedelta(minutes=1))
    return booking.provider.buffer_minutes


def start_capture(booking: Booking, actor: Actor) -> PaymentOperation | None:
    """The money of a decision: an operation for the caller to carry out, or None if nothing is to be paid."""
    payment = booking.payment
    steps.move_payment(payment, PaymentState.CAPTURING)
    if not payment.amount_cents:
        intents.learn(booking, Intent(id="", status=IntentStatus.SUCCEEDED), actor)
        return None
    return steps.open_operation(
        payment,
        PaymentOperation.Kind.CAPTURE,
        amount_cents=payment.amount_cents,
        intent_id=payment.intent_id or "",
        mine=True,
    )


def decline_booking(*, booking_id: UUID, reason: str, actor: Actor, budget: Budget, seen: str | None = None) -> Booking:
    """The provider says no: the time is free again and the hold is released, at once if the vendor answers.

    Args:
        seen: only this version of the booking (`steps.version_of`).

    Raises:
        BookingNotFound, ChangedMeanwhile, BookingNotPending, DecisionInProgress: nothing changed.
        TemporarilyUnavailable: too many requests wait for vendors; nothing changed.
    """
    with place():
        booking, operation = _decline(booking_id, reason, actor, seen)
        if operation is None:
            return booking
        seconds = budget.for_call(settings.MONEY_CALL_SECONDS)
        return payments.carry_out(operation, actor=actor, seconds=seconds).booking


@durable("the practice's no is written")
def _decline(booking_id: UUID, reason: str, actor: Actor, seen: str | None) -> tuple[Booking, PaymentOperation | None]:
    booking = steps.lock_booking(booking_id, seen=seen)
    refuse_unless_answerable(booking, actor)
    now = clock.now()
    steps.move(
        booking,
        State.CANCELLED_PROVIDER,
        "declined",
        actor,
        data={"reason": reason},
        declined_at=now,
        decline_reason=reason,
        cancelled_at=now,
        cancelled_by="provider",
        cancellation_reason=reason,
    )
    steps.free_time(booking)
    return booking, steps.release(booking, actor, mine=True)


def refuse_unless_answerable(booking: Booking, actor: Actor) -> None:
    """Raises DecisionInProgress, BookingNotPending: the provider, or staff, cannot answer it."""
    if booking.state == State.CONFIRMING:
        raise DecisionInProgress
    state = steps.as_good_as(booking, clock.now())
    if state not in ANSWERABLE:
        raise BookingNotPending(state=state, word=status_word(state, actor.role))
