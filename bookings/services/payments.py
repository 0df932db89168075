"""Carrying out payment operations: the vendor's call between two transactions (ARCHITECTURE.md, "Money").

An operation is a row before it is a call. Whoever holds its lease makes the call (`asking`), outside any transaction,
and settles the row afterwards (`settling`). Nothing here gives up: it slows down.
"""

import logging
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Exists, F, OuterRef

from bookings.actors import JOB, Actor
from bookings.errors import PaymentRefused
from bookings.models import Booking, Payment, PaymentOperation
from bookings.payments.base import Intent, Refund
from bookings.services import intents, settling, steps
from bookings.services.asking import ask
from bookings.services.settling import Outcome
from bookings.states import PaymentState, Role, State
from findr import clock
from findr.errors import VendorError
from findr.transactions import durable
from findr.vendor_time import Budget

logger = logging.getLogger(__name__)

Kind = PaymentOperation.Kind
Progress = PaymentOperation.Progress
# Which kind of operation must be open while a payment is on its way.
KIND_AT_WORK: dict[PaymentState, Kind] = {
    PaymentState.AUTHORIZING: Kind.AUTHORIZE,
    PaymentState.REQUIRES_ACTION: Kind.AUTHORIZE,
    PaymentState.CAPTURING: Kind.CAPTURE,
    PaymentState.RELEASING: Kind.CANCEL,
    PaymentState.REFUNDING: Kind.REFUND,
}


def carry_out(operation: PaymentOperation, *, actor: Actor, seconds: float) -> Outcome:
    """Make the call of an operation that the caller opened as its own, right after the commit, and settle it.

    The change that opened it stands, so this never raises: what cannot be settled now, the sweep settles.
    """
    try:
        return _attempt(operation, actor=actor, seconds=seconds)
    except Exception:
        logger.exception("%s was made, but not settled: the sweep carries on.", operation)
        return Outcome(operation.payment.booking)


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


def run_operation(operation_id: UUID) -> Outcome | None:
    """Take over an unfinished operation and try again; None if somebody else has it, or it is finished.

    Running it twice is harmless: the lease lets one in at a time, and the vendor is asked what it knows before
    anything is asked of it again.
    """
    operation = _claim(operation_id)
    if operation and operation.kind == Kind.CAPTURE and operation.payment.booking.start <= clock.now():
        operation = _call_off(operation)
    return _attempt(operation, actor=JOB, seconds=settings.JOB_CALL_SECONDS) if operation else None


def reopen_lost() -> list[UUID]:
    """Put an operation back to work for each payment that is on its way with nobody at work on it.

    No path is known that leads there. Should one be found, this makes it a line in the log instead of money in limbo.
    """
    at_work = PaymentOperation.objects.filter(payment=OuterRef("pk"), state=Progress.PENDING)
    lost = Payment.objects.filter(~Exists(at_work), state__in=list(KIND_AT_WORK))
    return [booking_id for booking_id in lost.values_list("booking_id", flat=True) if reopen(booking_id)]


@durable("a lost operation is put back to work")
def reopen(booking_id: UUID) -> bool:
    """Put an operation back to work for this payment; False if it is not on its way, or somebody is at work on it."""
    payment = steps.lock_booking(booking_id).payment
    kind = KIND_AT_WORK.get(PaymentState(payment.state))
    if kind is None or payment.operations.filter(state=Progress.PENDING).exists():
        return False
    last = payment.operations.filter(kind=kind, intent_id__in=["", payment.intent_id or ""]).last()
    if last is None:
        return False  # The books tell of it.
    logger.error("The payment of booking %s is %s, and nobody was at work on it.", booking_id, payment.state)
    steps.save(
        last,
        state=Progress.PENDING,
        idempotency_key=str(uuid4()),
        look_first=True,
        attempts=1,  # It may have been done: the intent is read before anything is asked of it.
        claimed_until=clock.now(),
        finished_at=None,
    )
    return True


def run_open(booking_id: UUID) -> bool:
    """Take over the unfinished operations of one booking that nobody is at work on; whether there was one.

    Running it twice is harmless: see `run_operation`.
    """
    open_ones = PaymentOperation.objects.filter(payment__booking_id=booking_id, state=Progress.PENDING)
    found = list(open_ones.order_by("created_at").values_list("id", flat=True))
    outcomes = [run_operation(operation_id) for operation_id in found]
    return any(outcomes)


def unfinished() -> list[UUID]:
    """Operations whose lease is over, longest waiting first."""
    open_ones = PaymentOperation.objects.filter(state=Progress.PENDING, claimed_until__lte=clock.now())
    return list(open_ones.order_by("claimed_until").values_list("id", flat=True)[: settings.SWEEP_BATCH])


@durable("the operation is taken over")
def _claim(operation_id: UUID) -> PaymentOperation | None:
    """The lease, by compare-and-swap."""
    now = clock.now()
    won = PaymentOperation.objects.filter(id=operation_id, state=Progress.PENDING, claimed_until__lte=now).update(
        claimed_until=now + timedelta(seconds=settings.OPERATION_LEASE_SECONDS),
        attempts=F("attempts") + 1,
        last_tried_at=now,
    )
    if not won:
        return None
    whole = PaymentOperation.objects.select_related(
        "payment__booking__provider", "payment__booking__patient", "payment__booking__team_member"
    )
    return whole.get(id=operation_id)


@durable("a capture is called off")
def _call_off(operation: PaymentOperation) -> PaymentOperation | None:
    """At the visit's start a capture still in the air is given up: the hold is released instead (contract 6.5)."""
    booking = steps.lock_booking(operation.payment.booking_id)
    operation = settling.lock(booking, operation)
    if operation.state != Progress.PENDING:
        return None
    if booking.state != State.CONFIRMING:
        return operation
    logger.error("Booking %s was still being captured at its start: the hold is released.", booking.id)
    settling.finish(operation, Progress.FAILED, error_code=intents.TOO_LATE)
    return steps.cancel_intent(booking.payment, operation.intent_id, mine=True)


def _attempt(operation: PaymentOperation, *, actor: Actor, seconds: float) -> Outcome:
    try:
        said: Intent | Refund | VendorError = ask(operation, Budget(seconds))
    except VendorError as error:
        said = error
    except Exception:
        logger.exception("Asking the vendor about %s failed: tried again later.", operation)
        said = VendorError("findr failed to ask.", retryable=True)
    return settling.settle(operation, said, actor=actor)
