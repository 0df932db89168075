"""The steps that services share. Each runs inside its caller's transaction, under the booking's lock.

The order of locks is the same everywhere: booking, payment, time holds, jobs.
"""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from bookings import deadlines
from bookings.actors import Actor
from bookings.errors import BookingNotFound, ChangedMeanwhile, IllegalMove, SlotTaken
from bookings.models import Booking, BookingEvent, Payment, PaymentOperation, TimeHold
from bookings.models.history import STAFF_REASON
from bookings.services.announcements import Change, announce
from bookings.states import PAYMENT_MOVES, WAITING, PaymentState, State, may_move
from findr import clock, faults
from findr.idempotency import bind
from findr.jobs import promise


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
    both = Payment.objects.select_for_update(of=("booking", "self"), no_key=True).select_related("booking")
    if known is None:
        both = both.select_related("booking__provider", "booking__patient", "booking__team_member")
    try:
        payment = both.get(booking_id=booking_id)
    except Payment.DoesNotExist:
        raise BookingNotFound from None
    booking = payment.booking
    booking.payment = payment
    if seen is not None and seen != version_of(booking):
        raise ChangedMeanwhile
    if known is not None:
        booking.provider, booking.patient, booking.team_member = known.provider, known.patient, known.team_member
    return booking


def as_good_as(booking: Booking, now: datetime) -> State:
    """The state; an overdue request is as good as expired, though the job has not come by yet (contract 6.5).

    An overdue checkout is not: whether it ends or proves paid is the vendor's to say.
    """
    return State.EXPIRED if deadlines.is_unanswered(booking, now) else State(booking.state)


def save(row: Any, **fields: Any) -> None:
    """Set and save exactly these fields, and the moment."""
    for name, value in fields.items():
        setattr(row, name, value)
    if hasattr(row, "updated_at"):
        row.updated_at = clock.now()
        row.save(update_fields=[*fields, "updated_at"])
    else:
        row.save(update_fields=list(fields))


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
    """Take the booking to another state. The only writer of `state`.

    Args:
        event: the history event; contract 12.2 says which one names which state.
        data: what the event tells.
        owed_cents: captured money that goes back because of it, for those who are told.
        fields: further columns that change with the state.

    Raises:
        IllegalMove: `MOVES` does not have it, for anybody or for this actor.
    """
    old = State(booking.state)
    if not may_move(old, to, actor.role):
        raise IllegalMove(f"{actor.role} may not take {booking} from {old} to {to}")
    if to not in WAITING:
        fields["expires_at"] = None
        close_suggestions(booking)
    save(booking, state=to, **fields)
    record(booking, event, actor, data=data, old=old)
    announce(booking, Change(old, to, actor, data or {}, owed_cents=owed_cents))
    bind(booking.id)
    faults.reach(f"booking moved to {to}")


def record(
    booking: Booking, event: str, actor: Actor, *, data: dict[str, Any] | None = None, old: State | None = None
) -> None:
    """Write a line of history. Without `old` the state did not change; the first line has no state before it."""
    before = "" if event == "created" else booking.state
    BookingEvent.objects.create(
        booking=booking,
        event_type=event,
        old_state=before if old is None else old,
        new_state=booking.state,
        data=data or {},
        actor_role=actor.role,
        actor_user_id=actor.user_id,
        source=actor.source,
        created_at=clock.now(),
    )


def staff_reason(reason: str) -> dict[str, Any]:
    """Why staff decided, as an event tells it to staff alone; nothing if nobody said."""
    return {STAFF_REASON: reason} if reason else {}


def move_payment(payment: Payment, to: PaymentState, **fields: Any) -> None:
    """Take the payment to another state. The only writer of its `state`.

    Raises:
        IllegalMove: `PAYMENT_MOVES` does not have it.
    """
    if to not in PAYMENT_MOVES[PaymentState(payment.state)]:
        raise IllegalMove(f"payment of {payment.booking_id}: {payment.state} to {to}")
    save(payment, state=to, intent_id=payment.intent_id, **fields)
    faults.reach(f"payment moved to {to}")


def take_time(*, lane: UUID, owner: UUID, start: datetime, end: datetime, kind: TimeHold.Kind) -> None:
    """Take [start, end) of a lane for an owner. `end` includes the buffer.

    One statement, and the constraint behind it, decide every race: who comes second waits for the first to commit and
    then gets no row.

    Raises:
        SlotTaken: a stranger has some of it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO bookings_timehold (lane, owner, during, kind, created_at)
            VALUES (%s, %s, tstzrange(%s, %s, '[)'), %s, %s)
            ON CONFLICT DO NOTHING RETURNING id
            """,
            [lane, owner, start, end, kind, clock.now()],
        )
        if cursor.fetchone() is None:
            raise SlotTaken
    faults.reach(f"time taken as a {kind}")


def secure_time(booking: Booking, *, buffer_minutes: int) -> None:
    """Take the booking's current time for good, beside whatever it held of it before; never assume that it did.

    Args:
        buffer_minutes: what is kept free after it. For the caller to save with its move.

    Raises:
        SlotTaken: a stranger has some of it.
    """
    booking.buffer_minutes = buffer_minutes
    take_time(
        lane=booking.lane,
        owner=booking.id,
        start=booking.start,
        end=booking.end + booking.buffer,
        kind=TimeHold.Kind.BOOKING,
    )


def free_time(booking: Booking, *, keep: tuple[TimeHold.Kind, ...] = ()) -> None:
    """Give back all the time that the booking holds, except holds of the kinds to `keep`."""
    TimeHold.objects.filter(owner=booking.id).exclude(kind__in=keep).delete()
    faults.reach("time freed")


def free_undecided_time(booking: Booking) -> None:
    """Once confirmed, only the decided time is the booking's: not the one it waited with, nor its suggestions."""
    if booking.holds_time or booking.rounds:
        free_time(booking, keep=(TimeHold.Kind.BOOKING,))


def close_suggestions(booking: Booking) -> None:
    """No suggestion can be accepted any more: answered, replaced, or over."""
    if booking.rounds:
        booking.suggestions.filter(closed_at=None).update(closed_at=clock.now())
    booking.open_suggestions = []


def free_decided_time(booking: Booking) -> None:
    """Give back the hold that a decision added; what the booking held before the decision stays."""
    TimeHold.objects.filter(owner=booking.id, kind=TimeHold.Kind.BOOKING).delete()


def open_operation(
    payment: Payment,
    kind: PaymentOperation.Kind,
    *,
    amount_cents: int,
    intent_id: str = "",
    parameters: dict[str, Any] | None = None,
    by_staff: bool = False,
    mine: bool,
) -> PaymentOperation:
    """Write down a call to the vendor before it is made.

    Args:
        mine: the caller makes the call itself, right after the commit, and has the lease until then; otherwise a
            job is promised. Either way, what nobody finishes the sweep finds.
    """
    now = clock.now()
    operation = PaymentOperation.objects.create(
        payment=payment,
        kind=kind,
        amount_cents=amount_cents,
        idempotency_key=str(uuid4()),
        intent_id=intent_id,
        parameters=parameters or {},
        by_staff=by_staff,
        claimed_until=now + timedelta(seconds=settings.OPERATION_LEASE_SECONDS) if mine else now,
        attempts=1 if mine else 0,
        last_tried_at=now if mine else None,
        created_at=now,
    )
    if not mine:
        promise("bookings.run_operation", operation_id=str(operation.id))
    faults.reach(f"{kind} written down")
    return operation


def release(booking: Booking, actor: Actor, *, mine: bool) -> PaymentOperation | None:
    """Give the hold back, or close an intent that holds nothing; None if there is nothing to ask of the vendor."""
    payment = booking.payment
    move_payment(payment, PaymentState.RELEASING)
    if payment.amount_cents:
        return cancel_intent(payment, payment.intent_id or "", mine=mine)
    move_payment(payment, PaymentState.RELEASED)
    record(booking, "payment_released", actor.as_system(), data={"amount": 0.0})
    return None


def cancel_intent(payment: Payment, intent_id: str, *, mine: bool) -> PaymentOperation | None:
    """Have an intent canceled; None if somebody is at it already."""
    kind = PaymentOperation.Kind.CANCEL
    if payment.operations.filter(kind=kind, intent_id=intent_id, state=PaymentOperation.Progress.PENDING).exists():
        return None
    return open_operation(payment, kind, amount_cents=payment.amount_cents, intent_id=intent_id, mine=mine)


def refund(
    booking: Booking, actor: Actor, *, amount_cents: int, by_staff: bool = False, mine: bool
) -> PaymentOperation | None:
    """Give captured money back; None if there is nothing to ask of the vendor."""
    payment = booking.payment
    move_payment(payment, PaymentState.REFUNDING)
    if not payment.amount_cents:
        move_payment(payment, PaymentState.REFUNDED)
        record(booking, "payment_refunded", actor.as_system(), data={"amount": 0.0})
        return None
    return open_operation(
        payment,
        PaymentOperation.Kind.REFUND,
        amount_cents=amount_cents,
        intent_id=payment.intent_id or "",
        by_staff=by_staff,
        mine=mine,
    )


def refunds_under_way(payment: Payment) -> QuerySet[PaymentOperation]:
    """Refunds of its own intent that are not made yet."""
    return payment.operations.filter(
        kind=PaymentOperation.Kind.REFUND,
        state=PaymentOperation.Progress.PENDING,
        intent_id=payment.intent_id or "",
    )


def hold_ends(capture_before: datetime | None) -> datetime | None:
    """Until when a hold that lapses then can be counted on: a capture needs a margin. None if nothing is held."""
    return capture_before - timedelta(minutes=settings.CAPTURE_MARGIN_MINUTES) if capture_before else None


def next_try(attempts: int) -> datetime:
    """When to ask a vendor again after so many attempts: exponential back-off with jitter, up to ten minutes."""
    ceiling = settings.OPERATION_RETRY_SECONDS * 2 ** min(attempts, 16)
    wait = random.uniform(0.5, 1.0) * min(ceiling, settings.OPERATION_RETRY_CAP_SECONDS)  # noqa: S311
    return clock.now() + timedelta(seconds=wait)


def fail(booking: Booking, actor: Actor, *, code: str, message: str, decline_code: str = "") -> None:
    """End the booking because its money cannot be had: `payment_failed`, its time freed.

    What becomes of the payment is the caller's to say: whatever the vendor still holds must be undone.
    """
    save(booking.payment, failure_code=code, failure_message=message[:500], decline_code=decline_code)
    move(booking, State.PAYMENT_FAILED, "payment_failed", actor.as_system(), data={"reason": code})
    free_time(booking)
