"""The only writer of a booking's and a payment's state: lock, move, record. What every change of a booking goes through.

Each runs inside its caller's transaction, under the booking's lock. The order of locks is the same everywhere: booking,
payment, operation, time holds, feed counters, jobs.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from bookings import deadlines
from bookings.actors import Actor
from bookings.changes import Change
from bookings.effects import owe_all
from bookings.errors import BookingNotFound, ChangedMeanwhile, IllegalMove
from bookings.holds import free_time
from bookings.models import Booking, BookingEvent, Payment
from bookings.models.history import STAFF_REASON
from bookings.states import PAYMENT_MOVES, WAITING, PaymentState, State, may_move
from findr import clock, faults
from findr.api.idempotency import bind
from findr.postgresql.compiled_queries import compiled
from findr.postgresql.statements import fetch
from findr.saving import insert, save, save_states


def version_of(booking: Booking) -> str:
    """The booking and its money as they are: every change of either makes another version. Expects the payment."""
    return f"{booking.updated_at.isoformat()} {booking.payment.updated_at.isoformat()}"


def lock_booking(booking_id: UUID, *, known: Booking | None = None, seen: str | None = None) -> Booking:
    """The booking and its payment, locked; check after it, not before.

    Args:
        known: the same booking as it was read a moment ago: whose practice and patient it is need not be read again.
        seen: the version that was decided about; None decides about whatever it is now.

    Raises:
        BookingNotFound, ChangedMeanwhile
    """
    found = _locked(booking_id) if known else _locked_with_parties(booking_id)
    if not found:
        raise BookingNotFound
    booking = locked_booking_of(*found, known=known)
    if seen is not None and seen != version_of(booking):
        raise ChangedMeanwhile
    return booking


def _lock(booking_id: UUID) -> QuerySet[Payment, Payment]:
    payments = Payment.objects.select_for_update(of=("booking", "self"), no_key=True)
    return payments.filter(booking_id=booking_id).select_related("booking")


_locked = compiled(_lock)


def lock_free(booking_ids: Collection[UUID]) -> list[Booking]:
    """Those of these bookings that nobody is at work on, with their payments, locked; check after it, not before.

    It waits for nobody, so that whoever locks many keeps nobody waiting who waits for others of them.
    """
    free = Payment.objects.select_for_update(of=("booking", "self"), no_key=True, skip_locked=True)
    found = free.filter(booking__in=booking_ids).select_related("booking").prefetch_related("booking__provider")
    return [locked_booking_of(payment) for payment in found.order_by("booking_id")]


def locked_booking_of(payment: Payment, *, known: Booking | None = None) -> Booking:
    """The booking of a payment that was locked with it; `known` as in `lock_booking`."""
    booking = payment.booking
    booking.payment = payment
    if known is not None:
        booking.provider, booking.patient, booking.team_member = known.provider, known.patient, known.team_member
        booking.previous_bookings = known.previous_bookings
    return booking


@compiled
def _locked_with_parties(booking_id: UUID) -> QuerySet[Payment, Payment]:
    return _lock(booking_id).select_related("booking__provider", "booking__patient", "booking__team_member")


def effective_state(booking: Booking, now: datetime) -> State:
    """The state; an overdue request is as good as expired, though the job has not come by yet (contract 6.5).

    An overdue checkout is not: whether it ends or proves paid is the vendor's to say.
    """
    return State.EXPIRED if deadlines.is_unanswered(booking, now) else State(booking.state)


def move(
    booking: Booking,
    to: State,
    event: str,
    actor: Actor,
    *,
    data: dict[str, Any] | None = None,
    owed_cents: int = 0,
    **fields: Any,
) -> None:
    """Take the booking to another state.

    Args:
        event: the history event; contract 12.2 says which one names which state.
        data: what the event tells.
        owed_cents: captured money that goes back because of it, for those who are told.
        fields: further columns that change with the state.

    Raises:
        IllegalMove: `MOVES` does not have it, for anybody or for this actor.
    """
    move_all([booking], to, event, actor, data=data, owed_cents=owed_cents, **fields)


def move_all(
    bookings: Sequence[Booking],
    to: State,
    event: str,
    actor: Actor,
    *,
    data: dict[str, Any] | None = None,
    owed_cents: int = 0,
    **fields: Any,
) -> None:
    """As `move`, of bookings that stand in one state, in one statement for each table. The only writer of `state`."""
    (old,) = {State(booking.state) for booking in bookings}
    if not may_move(old, to, actor.role):
        raise IllegalMove(f"{actor.role} may not take {bookings[0]} from {old} to {to}")
    if to not in WAITING:
        fields["expires_at"] = None
        close_suggestions(bookings)
    save_states(bookings, to, **fields)
    lines = record_all(bookings, event, actor, data=data, old=old)
    changes = [Change(old, to, actor, data or {}, owed_cents=owed_cents, line=line) for line in lines]
    owe_all(list(zip(bookings, changes, strict=True)))
    for booking in bookings:
        bind("booking", booking.id)
    faults.reach(f"booking moved to {to}")


def record(
    booking: Booking, event: str, actor: Actor, *, data: dict[str, Any] | None = None, old: State | None = None
) -> BookingEvent:
    """Write a line of history. Without `old` the state did not change; the first line has no state before it."""
    return record_all([booking], event, actor, data=data, old=old)[0]


def record_all(
    bookings: Sequence[Booking],
    event: str,
    actor: Actor,
    *,
    data: dict[str, Any] | None = None,
    old: State | None = None,
) -> list[BookingEvent]:
    """As `record`, a line of each one's history, in one statement."""
    now, is_first = clock.now(), event == "created"
    lines = [
        BookingEvent(
            booking=booking,
            event_type=event,
            old_state=("" if is_first else booking.state) if old is None else old,
            new_state=booking.state,
            data=data or {},
            actor_role=actor.role,
            actor_user_id=actor.user_id,
            source=actor.source,
            created_at=now,
        )
        for booking in bookings
    ]
    insert(lines)
    return lines


def as_staff_reason(reason: str) -> dict[str, Any]:
    """Why staff decided, as an event tells it to staff alone; nothing if nobody said."""
    return {STAFF_REASON: reason} if reason else {}


def move_payment(payment: Payment, to: PaymentState, **fields: Any) -> None:
    """Take one payment to another state: see `move_payments`."""
    move_payments([payment], to, **fields)


def move_payments(payments: Sequence[Payment], to: PaymentState, **fields: Any) -> None:
    """Take payments to another state, in one statement, if there are any. The only writer of their `state`.

    Raises:
        IllegalMove: `PAYMENT_MOVES` does not have it.
    """
    for payment in payments:
        if to not in PAYMENT_MOVES[PaymentState(payment.state)]:
            raise IllegalMove(f"payment of {payment.booking_id}: {payment.state} to {to}")
    if payments:
        save_states(payments, to, **fields)
        faults.reach(f"payment moved to {to}")


def close_suggestions(bookings: Sequence[Booking]) -> None:
    """No suggestion of these can be accepted any more: answered, replaced, or over."""
    if suggested := [booking.id for booking in bookings if booking.rounds]:
        fetch(_CLOSE_SUGGESTIONS, {"bookings": suggested, "now": clock.now()})


_CLOSE_SUGGESTIONS = (
    "UPDATE bookings_suggestedtime SET closed_at = %(now)s WHERE booking_id = ANY(%(bookings)s) AND closed_at IS NULL"
)


def fail(
    booking: Booking, actor: Actor, *, code: str, message: str, decline_code: str = "", **payment_fields: Any
) -> None:
    """End the booking because its money cannot be had: `payment_failed`, its time freed.

    What becomes of the payment is the caller's to say: whatever the vendor still holds must be undone.

    Args:
        payment_fields: further columns of the payment that change with it.
    """
    save(booking.payment, failure_code=code, failure_message=message[:500], decline_code=decline_code, **payment_fields)
    move(booking, State.PAYMENT_FAILED, "payment_failed", actor.as_system(), data={"reason": code})
    free_time(booking)
