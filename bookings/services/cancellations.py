"""Somebody calls it off: the patient, the provider or staff; what it costs, and where the money goes (contract 6.9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from bookings import policies
from bookings.actors import Actor
from bookings.errors import BookingNotCancellable, DecisionInProgress
from bookings.holds import free_time
from bookings.models import Booking, PaymentOperation
from bookings.payments.execution import execute_inline
from bookings.payments.reversals import cancel_intent, refund, refunds_under_way, release
from bookings.states import MOVES, PaymentState, Role, State, status_word
from bookings.transitions import effective_state, lock_booking, move
from findr import clock
from findr.postgresql.compiled_queries import compiled
from findr.transactions import durable
from findr.vendors.budget import Budget, vendor_slot

BY = {
    State.CANCELLED_PATIENT: "user",
    State.CANCELLED_PROVIDER: "provider",
    State.CANCELLED_ADMIN: "admin",
}
_ON_ITS_WAY = (
    PaymentState.AUTHORIZING,
    PaymentState.REQUIRES_ACTION,
    PaymentState.RELEASING,
    PaymentState.REFUNDING,
)
_ENDED_AS = {
    State.COMPLETED: "This visit is already completed.",
    State.NO_SHOW: "This visit is already over.",
    State.EXPIRED: "This request has expired.",
    State.PAYMENT_FAILED: "The payment of this booking failed.",
    **dict.fromkeys(BY, "This booking is already cancelled."),
}


@dataclass(frozen=True)
class CancelResult:
    """A booking that was called off, and its money.

    Attributes:
        refund_cents: captured money that goes back.
        settled: the vendor has accepted it.
    """

    booking: Booking
    refund_cents: int
    settled: bool


def quote(booking: Booking) -> policies.Quote:
    """What cancelling would cost the patient now. Expects the payment."""
    state, now = State(booking.state), clock.now()
    until_start = max(timedelta(0), booking.start - now)
    may = may_cancel(booking, State.CANCELLED_PATIENT, Role.PATIENT, now) and state != State.CONFIRMING
    if state == State.CONFIRMED:
        percent = policies.cancellation_fee_percent(booking.cancellation_tier, until_start=until_start)
        fee = _kept(booking, percent)
        return policies.Quote(percent, fee, _left(booking) - fee if may else 0, until_start, may)
    return policies.Quote(0, 0, 0, until_start, may)


def cancel_booking(
    *, booking_id: UUID, to: State, reason: str, actor: Actor, budget: Budget, seen: str | None = None
) -> CancelResult:
    """Call a booking off: its time is free at once, its money goes back, less the fee if a patient is late.

    Args:
        to: one of the three `cancelled_*`; it says who.
        seen: only this version of the booking (`transitions.version_of`): its money goes where it was said to go.

    Raises:
        BookingNotFound, ChangedMeanwhile, BookingNotCancellable, DecisionInProgress: nothing changed.
        TemporarilyUnavailable: too many requests wait for vendors; nothing changed.
    """
    with vendor_slot():
        booking, operation = _cancel(booking_id, to, reason, actor, seen)
        return give_back(booking, operation, actor=actor, budget=budget)


@durable("the cancellation is written")
def _cancel(
    booking_id: UUID, to: State, reason: str, actor: Actor, seen: str | None
) -> tuple[Booking, PaymentOperation | None]:
    booking, now = lock_booking(booking_id, seen=seen), clock.now()
    if booking.state == State.CONFIRMING:
        raise DecisionInProgress
    if not may_cancel(booking, to, actor.role, now):
        state = effective_state(booking, now)
        word, message = status_word(state, actor.role), _ENDED_AS.get(state, "")
        raise BookingNotCancellable(state=state, word=word, message=message)
    return booking, end(booking, to, "cancelled", actor, reason=reason, now=now)


def may_cancel(booking: Booking, to: State, role: Role, now: datetime) -> bool:
    """Whether somebody of this role may call it off; to the state that says who."""
    if role not in MOVES[effective_state(booking, now)].get(to, frozenset()):
        return False
    # The provider and staff may call off a visit that has begun; a patient may not.
    return to != State.CANCELLED_PATIENT or booking.state != State.CONFIRMED or booking.start > now


def end(
    booking: Booking, to: State, event: str, actor: Actor, *, reason: str, now: datetime
) -> PaymentOperation | None:
    """A step: cancel, free the time, and open the operation that gives the money back. For the caller to carry out.

    Args:
        now: the moment at which it was found that this may be done. The fee is of that moment too.
    """
    percent = 0
    if to == State.CANCELLED_PATIENT and booking.state == State.CONFIRMED:
        percent = policies.cancellation_fee_percent(booking.cancellation_tier, until_start=booking.start - now)
    fee = _kept(booking, percent)
    owed = _left(booking) - fee
    move(
        booking,
        to,
        event,
        actor,
        data={"reason": reason} if reason else {},
        owed_cents=owed,
        cancelled_at=now,
        cancelled_by=BY[to],
        cancellation_reason=reason,
        fee_cents=fee,
        cancellation_fee_percent=percent,
    )
    free_time(booking)
    match PaymentState(booking.payment.state):
        case PaymentState.HELD:
            return release(booking, actor, lease_now=True)
        case PaymentState.PAID | PaymentState.PARTIALLY_REFUNDED if owed or not booking.price_cents:
            return refund(booking, actor, amount_cents=owed, lease_now=True)
        case PaymentState.REQUIRES_ACTION:  # Nothing is held yet; the payment stays as it is until the vendor answers.
            return cancel_intent(booking.payment, booking.payment.intent_id or "", lease_now=True)
        case _:
            return None  # A checkout whose authorise is in the air: what comes of it is undone when it is known.


def _left(booking: Booking) -> int:
    """Captured money that has not gone back, and is not on its way back, in cents."""
    payment = booking.payment
    left = payment.kept_cents
    if payment.state == PaymentState.REFUNDING:
        left -= sum(refunds_under_way(payment).values_list("amount_cents", flat=True))
    return max(0, left)


def _kept(booking: Booking, percent: int) -> int:
    """What is kept of a fee, in cents: nothing that has gone back already can be kept."""
    return min(policies.fee_cents(booking.price_cents, percent), _left(booking))


def give_back(booking: Booking, operation: PaymentOperation | None, *, actor: Actor, budget: Budget) -> CancelResult:
    """Carry out what `end` opened, after its commit. An outage changes nothing: the sweep carries on."""
    if operation:
        booking = execute_inline(operation, actor=actor, budget=budget).booking
    return result_of(booking)


def result_of(booking: Booking) -> CancelResult:
    """What a cancellation has come to by now, told from the booking alone."""
    given_back = _refunds(booking.payment.pk, booking.payment.intent_id or "", booking.cancelled_at)
    is_refunding = booking.payment.state == PaymentState.REFUNDING
    under_way = max(0, _left(booking) - booking.fee_cents) if is_refunding else 0
    return CancelResult(
        booking=booking,
        refund_cents=given_back[0].amount_cents if given_back else under_way,
        settled=booking.payment.state not in _ON_ITS_WAY,
    )


@compiled
def _refunds(payment_id: UUID, intent_id: str, since: datetime | None) -> QuerySet[PaymentOperation, PaymentOperation]:
    """That of the cancellation itself."""
    its_own = PaymentOperation.objects.filter(payment_id=payment_id, intent_id=intent_id, by_staff=False)
    return its_own.filter(kind=PaymentOperation.Kind.REFUND, created_at__gte=since)[:1]
