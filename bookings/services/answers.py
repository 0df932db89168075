"""The provider answers a request: confirm or decline (contract 11.2, 11.3)."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from bookings.actors import Actor
from bookings.errors import BookingNotPending, DecisionInProgress
from bookings.holds import free_time, secure_time
from bookings.models import Booking, PaymentOperation, TimeHold
from bookings.models.booking import Decision
from bookings.payments.apply_intent import apply_intent
from bookings.payments.execution import execute_inline, refusal_of
from bookings.payments.gateway import Intent, IntentStatus
from bookings.payments.operations import open_operation
from bookings.payments.reversals import release
from bookings.payments.vendor import require_vendor
from bookings.policies import TimeInPast, refuse_unless_approved
from bookings.states import ANSWERABLE, CANCELLED, PaymentState, State, status_word
from bookings.transitions import as_staff_reason, effective_state, lock_booking, move, move_payment
from findr import clock
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot


@dataclass(frozen=True)
class DecisionResult:
    """The booking after the decision."""

    booking: Booking

    @property
    def processing(self) -> bool:
        """The money's outcome is not known yet."""
        return self.booking.state == State.CONFIRMING


def confirm_booking(
    *, booking_id: UUID, note: str, actor: Actor, budget: Budget, staff_reason: str = "", seen: str | None = None
) -> DecisionResult:
    """The provider, or staff, says yes: the time is secured, the hold captured, the visit confirmed.

    Confirming again what is confirmed, or being confirmed, changes nothing.

    Args:
        note: for the patient and the practice to read.
        staff_reason: why staff confirm in the practice's place, for the history that staff read.
        seen: only this version of the booking (`transitions.version_of`).

    Raises:
        BookingNotFound, ChangedMeanwhile, PracticeNotApproved, BookingNotPending, DecisionInProgress, TimeInPast,
            SlotTaken: nothing changed.
        TemporarilyUnavailable: no payment vendor is configured, or too many requests wait for vendors; nothing changed.
        PaymentRefused: `card_declined`: the hold stands and the request waits as before; `payment_failed`: the hold
            is gone, so is the booking, and nothing is charged.
    """
    with vendor_slot():
        booking, operation = _start_confirming(booking_id, note, actor, staff_reason, seen)
        if operation is None:
            return DecisionResult(booking)
        return capture(operation, actor=actor, budget=budget)


def result_of(booking: Booking, actor: Actor) -> DecisionResult:
    """What a decision has come to by now, told from the booking alone.

    Raises:
        PaymentRefused: the money could not be had.
        BookingNotPending: the booking has ended since: a visit that was called off is not told as confirmed.
    """
    if booking.state in (State.PAYMENT_FAILED, *ANSWERABLE):
        raise refusal_of(booking, actor.role)
    if booking.state in (*CANCELLED, State.EXPIRED):
        state = State(booking.state)
        raise BookingNotPending(state=state, word=status_word(state, actor.role))
    return DecisionResult(booking)


def capture(operation: PaymentOperation, *, actor: Actor, budget: Budget) -> DecisionResult:
    """Take the money of a decision that stands; contract 6.8.

    Raises:
        PaymentRefused, BookingNotPending: as `result_of`.
    """
    attempt = execute_inline(operation, actor=actor, budget=budget)
    return result_of(attempt.booking, actor)


@durable("the practice's yes is written")
def _start_confirming(
    booking_id: UUID, note: str, actor: Actor, staff_reason: str, seen: str | None
) -> tuple[Booking, PaymentOperation | None]:
    booking = lock_booking(booking_id, seen=seen)
    refuse_unless_approved(booking.provider)
    if booking.decision == Decision.CONFIRM and booking.state in (State.CONFIRMING, State.CONFIRMED):
        return booking, None
    refuse_unless_answerable(booking, actor)
    if booking.start <= clock.now():
        raise TimeInPast
    if booking.payment.amount_cents:
        require_vendor()
    buffer_minutes = _buffer_minutes(booking)
    secure_time(booking, start=booking.start, end=booking.end, buffer_minutes=buffer_minutes)
    move(
        booking,
        State.CONFIRMING,
        "confirm_started",
        actor,
        data=as_staff_reason(staff_reason),
        decision=Decision.CONFIRM,
        decided_from=booking.state,
        buffer_minutes=buffer_minutes,
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
    move_payment(payment, PaymentState.CAPTURING)
    if not payment.amount_cents:
        apply_intent(booking, Intent(id="", status=IntentStatus.SUCCEEDED), actor)
        return None
    return open_operation(
        payment,
        PaymentOperation.Kind.CAPTURE,
        amount_cents=payment.amount_cents,
        intent_id=payment.intent_id or "",
        lease_now=True,
    )


def decline_booking(*, booking_id: UUID, reason: str, actor: Actor, budget: Budget, seen: str | None = None) -> Booking:
    """The provider says no: the time is free again and the hold is released, at once if the vendor answers.

    Args:
        seen: only this version of the booking (`transitions.version_of`).

    Raises:
        BookingNotFound, ChangedMeanwhile, BookingNotPending, DecisionInProgress: nothing changed.
        TemporarilyUnavailable: too many requests wait for vendors; nothing changed.
    """
    with vendor_slot():
        booking, operation = _decline(booking_id, reason, actor, seen)
        if operation is None:
            return booking
        return execute_inline(operation, actor=actor, budget=budget).booking


@durable("the practice's no is written")
def _decline(booking_id: UUID, reason: str, actor: Actor, seen: str | None) -> tuple[Booking, PaymentOperation | None]:
    booking = lock_booking(booking_id, seen=seen)
    refuse_unless_answerable(booking, actor)
    now = clock.now()
    move(
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
    free_time(booking)
    return booking, release(booking, actor, lease_now=True)


def refuse_unless_answerable(booking: Booking, actor: Actor) -> None:
    """Raises DecisionInProgress, BookingNotPending: the provider, or staff, cannot answer it."""
    if booking.state == State.CONFIRMING:
        raise DecisionInProgress
    state = effective_state(booking, clock.now())
    if state not in ANSWERABLE:
        raise BookingNotPending(state=state, word=status_word(state, actor.role))
