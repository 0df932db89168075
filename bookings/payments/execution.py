"""Carrying out payment operations: the vendor's call between two transactions.

An operation is a row before it is a call. Whoever holds its lease makes the call (`vendor_calls`), outside any
transaction, and records the result afterwards (`results`). Nothing here gives up: it slows down.
"""

import logging
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from bookings.actors import JOB, Actor
from bookings.errors import PaymentRefused
from bookings.models import Booking, Payment, PaymentOperation
from bookings.payments.attempt import AttemptResult
from bookings.payments.operations import KIND_AT_WORK, close, lock_operation, with_new_key
from bookings.payments.results import record_result
from bookings.payments.reversals import cancel_intent
from bookings.payments.vendor_calls import execute
from bookings.states import ENDED, PaymentState, Role, State
from bookings.transitions import lock_booking
from findr import clock
from findr.outbox import leases, sweeps
from findr.saving import save_state
from findr.transactions import durable
from findr.vendors.budget import Budget

logger = logging.getLogger(__name__)

Kind = PaymentOperation.Kind
Status = PaymentOperation.Status


def execute_inline(operation: PaymentOperation, *, actor: Actor, budget: Budget) -> AttemptResult:
    """Make the call of an operation that the caller opened with its lease, right after the commit, for who waits.

    The change that opened it stands, so this never raises: what cannot be recorded now, the sweep finishes.
    """
    try:
        return _attempt(operation, actor=actor, seconds=budget.for_call(settings.MONEY_CALL_SECONDS))
    except Exception:
        logger.exception("%s was made, but its result not recorded: the sweep carries on.", operation)
        return AttemptResult(operation.payment.booking)


def refusal_of(booking: Booking, reader: Role) -> PaymentRefused:
    """The 402 that tells why this booking's money could not be had; a practice is not told why a card was refused."""
    payment = booking.payment
    if reader == Role.PROVIDER and payment.failure_code == PaymentRefused.CARD_DECLINED:
        return PaymentRefused("The patient's card was refused.", code=payment.failure_code, booking_id=booking.id)
    return PaymentRefused(
        payment.failure_message,
        code=payment.failure_code,
        decline_code=payment.decline_code,
        booking_id=booking.id,
    )


def run_operation(operation_id: UUID) -> AttemptResult | None:
    """Take over an unfinished operation and try again; None if somebody else has it, or it is finished.

    Running it twice is harmless: the lease lets one in at a time, and the vendor is asked what it knows before
    anything is asked of it again.
    """
    operation = _claim(operation_id)
    if operation and operation.kind == Kind.CAPTURE and operation.payment.booking.start <= clock.now():
        operation = _abandon_capture(operation)
    return _attempt(operation, actor=JOB, seconds=settings.JOB_CALL_SECONDS) if operation else None


def reopen_lost() -> list[UUID]:
    """Put an operation back to work for each payment that is on its way with nobody at work on it.

    No path is known that leads there. Should one be found, this makes it a line in the log instead of money in limbo.
    """
    at_work = PaymentOperation.objects.filter(payment=OuterRef("pk"), state=Status.PENDING)
    lost = Payment.objects.filter(~Exists(at_work), state__in=list(KIND_AT_WORK))
    return [booking_id for booking_id in lost.values_list("booking_id", flat=True) if reopen(booking_id)]


@durable("a lost operation is put back to work")
def reopen(booking_id: UUID) -> bool:
    """Put an operation back to work for this payment; False if it is not on its way, or somebody is at work on it."""
    payment = lock_booking(booking_id).payment
    kind = KIND_AT_WORK.get(PaymentState(payment.state))
    if kind is None or payment.operations.filter(state=Status.PENDING).exists():
        return False
    last = payment.operations.filter(kind=kind, intent_id__in=["", payment.intent_id or ""]).last()
    if last is None:
        return False  # The books tell of it.
    logger.error("The payment of booking %s is %s, and nobody was at work on it.", booking_id, payment.state)
    save_state(
        last,
        Status.PENDING,
        must_look_first=True,  # It may have been done: the intent is read before anything is asked of it.
        finished_at=None,
        **with_new_key(has_new_key=True),
        **leases.handed_back(clock.now()),
    )
    return True


def run_open(booking_id: UUID) -> bool:
    """Take over the unfinished operations of one booking that nobody is at work on; whether there was one.

    Running it twice is harmless: see `run_operation`.
    """
    open_ones = PaymentOperation.objects.filter(payment__booking_id=booking_id, state=Status.PENDING)
    found = list(open_ones.order_by("created_at").values_list("id", flat=True))
    outcomes = [run_operation(operation_id) for operation_id in found]
    return any(outcomes)


def pending_operations() -> list[UUID]:
    """Operations that nobody is at work on, longest waiting first; so many as one sweep takes.

    What nobody waits for comes after everything else, since it may be a backlog: holds to be given back, and lost intents of
    bookings that have ended. But each fourth turn is theirs, or a vendor that answers slowly would keep them waiting for as
    long as there is anything else.
    """
    pending = PaymentOperation.objects.filter(state=Status.PENDING)
    # A sub-select, which is asked of one row after the other: joined, all of a backlog would be, before the first is taken.
    has_ended = Exists(Payment.objects.filter(id=OuterRef("payment_id"), booking__state__in=ENDED))
    unawaited = Q(kind=Kind.CANCEL) | Q(has_ended, kind=Kind.AUTHORIZE)
    turns = _by_turns(sweeps.due(pending.exclude(unawaited)), sweeps.due(pending.filter(unawaited)))
    return list(turns)[: settings.SWEEP_BATCH]


def _by_turns(awaited: list[UUID], others: list[UUID]) -> Iterator[UUID]:
    while awaited or others:
        yield from [*awaited[:3], *others[:1]]
        awaited, others = awaited[3:], others[1:]


@durable("the operation is taken over")
def _claim(operation_id: UUID) -> PaymentOperation | None:
    whole = PaymentOperation.objects.filter(id=operation_id, state=Status.PENDING).select_related(
        "payment__booking__provider", "payment__booking__patient", "payment__booking__team_member"
    )
    was_taken_before = ExpressionWrapper(Q(must_look_first=True) | Q(attempts__gt=0), BooleanField())
    return leases.claim(
        whole,
        seconds=settings.OPERATION_LEASE_SECONDS,
        must_look_first=was_taken_before,
        last_tried_at=clock.now(),
    )


@durable("a capture is called off")
def _abandon_capture(operation: PaymentOperation) -> PaymentOperation | None:
    """At the visit's start a capture still in the air is abandoned: the hold is released instead (contract 6.5)."""
    operation = lock_operation(operation)
    booking = operation.payment.booking
    if operation.state != Status.PENDING:
        return None
    if booking.state != State.CONFIRMING:
        return operation
    logger.error("Booking %s was still being captured at its start: the hold is released.", booking.id)
    close(operation, Status.FAILED, reason=PaymentOperation.Reason.CAPTURE_ABANDONED)
    return cancel_intent(booking.payment, operation.intent_id, lease_now=True)


def _attempt(operation: PaymentOperation, *, actor: Actor, seconds: float) -> AttemptResult:
    return record_result(operation, execute(operation, seconds=seconds), actor=actor)
