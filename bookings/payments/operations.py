"""The calls that a payment owes: opened before they are made, and closed by what they came to.

Each runs inside its caller's transaction, under the booking's lock.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import QuerySet

from bookings.actors import Actor
from bookings.models import Booking, Payment, PaymentOperation
from bookings.models.payment_operation import OperationReason as Reason
from bookings.states import PaymentState, State
from bookings.transitions import move_payment, record
from findr import clock, faults
from findr.outbox import leases
from findr.outbox.jobs import promise
from findr.saving import save

Kind = PaymentOperation.Kind
Status = PaymentOperation.Status
# Which kind of operation must be open while a payment is on its way.
KIND_AT_WORK: dict[PaymentState, Kind] = {
    PaymentState.AUTHORIZING: Kind.AUTHORIZE,
    PaymentState.REQUIRES_ACTION: Kind.AUTHORIZE,
    PaymentState.CAPTURING: Kind.CAPTURE,
    PaymentState.RELEASING: Kind.CANCEL,
    PaymentState.REFUNDING: Kind.REFUND,
}


def open_operation(
    payment: Payment,
    kind: Kind,
    *,
    amount_cents: int,
    intent_id: str = "",
    parameters: dict[str, Any] | None = None,
    by_staff: bool = False,
    lease_now: bool,
) -> PaymentOperation:
    """Write down a call to the vendor before it is made.

    Args:
        lease_now: the caller makes the call itself, right after the commit, and has the lease until then; otherwise a
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
        last_tried_at=now if lease_now else None,
        created_at=now,
        **(leases.taken(settings.OPERATION_LEASE_SECONDS) if lease_now else leases.handed_back(now)),
    )
    if not lease_now:
        promise("bookings.run_operation", operation_id=str(operation.id))
    faults.reach(f"{kind} written down")
    return operation


def lock_operation(booking: Booking, operation_id: UUID) -> PaymentOperation:
    """The operation as it is now, locked after its booking and payment."""
    locked = booking.payment.operations.select_for_update(no_key=True).get(id=operation_id)
    locked.payment = booking.payment
    return locked


# --- How it ends, or goes on --------------------------------------------------------------------------------------
def close(operation: PaymentOperation, state: Status, **fields: Any) -> None:
    """The operation has ended."""
    save(operation, state=state, finished_at=clock.now(), **fields)


def try_later(booking: Booking, operation: PaymentOperation, reason: Reason, **fields: Any) -> None:
    """Hand the lease back after a failure, until a while later, each time a longer one."""
    wait = leases.failed(operation, first=settings.OPERATION_RETRY_SECONDS, cap=settings.OPERATION_RETRY_CAP_SECONDS)
    _hand_back(booking, operation, wait, reason=reason, **fields)


def try_at(booking: Booking, operation: PaymentOperation, moment: datetime, **fields: Any) -> None:
    """Hand the lease back until `moment`: the vendor answers well, and there is nothing to slow down for."""
    _hand_back(booking, operation, {**leases.handed_back(moment), "backoff_step": 0}, **fields)


def with_new_key(**fields: Any) -> dict[str, Any]:
    """The fields of an operation that is tried under another idempotency key."""
    return {"idempotency_key": str(uuid4()), **fields}


def _hand_back(booking: Booking, operation: PaymentOperation, lease: dict[str, Any], **fields: Any) -> None:
    """Never beyond the booking's own limit: what is due then is done then."""
    limits = {State.PENDING_PAYMENT: booking.expires_at, State.CONFIRMING: booking.start}
    limit = limits.get(State(booking.state))
    if limit and clock.now() < limit < lease["claimed_until"]:
        lease["claimed_until"] = limit
    save(operation, **lease, **fields)


# --- What a booking asks for ----------------------------------------------------------------------------------------
def release(booking: Booking, actor: Actor, *, lease_now: bool, **payment_fields: Any) -> PaymentOperation | None:
    """Give the hold back, or close an intent that holds nothing; None if there is nothing to ask of the vendor."""
    payment = booking.payment
    move_payment(payment, PaymentState.RELEASING, **payment_fields)
    if payment.amount_cents:
        return cancel_intent(payment, payment.intent_id or "", lease_now=lease_now)
    move_payment(payment, PaymentState.RELEASED)
    record(booking, "payment_released", actor.as_system(), data={"amount": 0.0})
    return None


def cancel_intent(payment: Payment, intent_id: str, *, lease_now: bool) -> PaymentOperation | None:
    """Have an intent canceled; None if somebody is at it already."""
    if payment.operations.filter(kind=Kind.CANCEL, intent_id=intent_id, state=Status.PENDING).exists():
        return None
    return open_operation(
        payment, Kind.CANCEL, amount_cents=payment.amount_cents, intent_id=intent_id, lease_now=lease_now
    )


def refund(
    booking: Booking, actor: Actor, *, amount_cents: int, by_staff: bool = False, lease_now: bool, **payment_fields: Any
) -> PaymentOperation | None:
    """Give captured money back; None if there is nothing to ask of the vendor."""
    payment = booking.payment
    move_payment(payment, PaymentState.REFUNDING, **payment_fields)
    if not payment.amount_cents:
        move_payment(payment, PaymentState.REFUNDED)
        record(booking, "payment_refunded", actor.as_system(), data={"amount": 0.0})
        return None
    return open_operation(
        payment,
        Kind.REFUND,
        amount_cents=amount_cents,
        intent_id=payment.intent_id or "",
        by_staff=by_staff,
        lease_now=lease_now,
    )


def refunds_under_way(payment: Payment) -> QuerySet[PaymentOperation]:
    """Refunds of its own intent that are not made yet."""
    return payment.operations.filter(kind=Kind.REFUND, state=Status.PENDING, intent_id=payment.intent_id or "")


# --- What was called off --------------------------------------------------------------------------------------------
def is_capture_abandoned(payment: Payment) -> bool:
    """Whether the capture was called off, as it is at the visit's start."""
    if clock.now() < payment.booking.start:
        return False
    return payment.operations.filter(kind=Kind.CAPTURE, reason=Reason.CAPTURE_ABANDONED).exists()


def is_secured(payment: Payment) -> bool:
    """Whether a booking lives on this payment's hold, except one that is called off at its start."""
    if payment.state == PaymentState.CAPTURING:
        return not is_capture_abandoned(payment)
    return payment.state in (PaymentState.HELD, PaymentState.PAID)
