"""The calls that a payment owes: opened before they are made, closed by what they came to, tried again until then.

Each runs inside its caller's transaction, under the booking's lock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils
from django.conf import settings
from django.db.models import QuerySet

from bookings.models import Booking, Payment, PaymentOperation
from bookings.models.payment_operation import OperationReason as Reason
from bookings.states import PaymentState, State
from bookings.transitions import locked_booking_of
from findr import clock, faults
from findr.outbox import leases
from findr.outbox.jobs import promise_each
from findr.postgresql.compiled_queries import compiled
from findr.saving import insert, save, save_state

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
    call = {"payment": payment, "amount_cents": amount_cents, "intent_id": intent_id, "by_staff": by_staff}
    (operation,) = open_operations(kind, [{**call, "parameters": parameters or {}}], lease_now=lease_now)
    return operation


def open_operations(kind: Kind, calls: Sequence[dict[str, Any]], *, lease_now: bool) -> list[PaymentOperation]:
    """As `open_operation`, of any number of calls of one kind, each given by its columns; in one statement."""
    if not calls:
        return []
    now = clock.now()
    operations = [
        PaymentOperation(
            kind=kind,
            idempotency_key=str(uuid_utils.uuid7()),
            last_tried_at=now if lease_now else None,
            created_at=now,
            **(leases.taken(settings.OPERATION_LEASE_SECONDS) if lease_now else leases.handed_back(now)),
            **call,
        )
        for call in calls
    ]
    insert(operations)
    if not lease_now:
        promise_each("bookings.run_operation", [{"operation_id": str(operation.id)} for operation in operations])
    faults.reach(f"{kind} written down")
    return operations


def lock_operation(known: PaymentOperation) -> PaymentOperation:
    """The operation as it is now, with its booking and payment, all three locked, in this order: booking, payment, operation.

    Args:
        known: the same as it was read a moment ago: whose practice and patient it is need not be read again.
    """
    (locked,) = _locked(known.pk, known.payment_id, known.payment.booking_id)
    locked_booking_of(locked.payment, known=known.payment.booking)
    return locked


@compiled
def _locked(operation_id: UUID, payment_id: UUID, booking_id: UUID) -> QuerySet[PaymentOperation, PaymentOperation]:
    """All three by their keys: a plan that was made when the tables were small looks each up, whatever it begins with."""
    found = PaymentOperation.objects.filter(id=operation_id, payment=payment_id, payment__booking=booking_id)
    operations = found.select_related("payment__booking")
    return operations.select_for_update(of=("payment__booking", "payment", "self"), no_key=True)


def close(operation: PaymentOperation, state: Status, **fields: Any) -> None:
    """The operation has ended."""
    save_state(operation, state, finished_at=clock.now(), **fields)


def try_later(booking: Booking, operation: PaymentOperation, reason: Reason, **fields: Any) -> None:
    """Hand the lease back after a failure, until a while later, each time a longer one."""
    wait = leases.failed(operation, first=settings.OPERATION_RETRY_SECONDS, cap=settings.OPERATION_RETRY_CAP_SECONDS)
    _hand_back(booking, operation, wait, reason=reason, **fields)


def try_at(booking: Booking, operation: PaymentOperation, moment: datetime, **fields: Any) -> None:
    """Hand the lease back until `moment`: the vendor answers well, and there is nothing to slow down for."""
    _hand_back(booking, operation, {**leases.handed_back(moment), "backoff_step": 0}, **fields)


def with_new_key(**fields: Any) -> dict[str, Any]:
    """The fields of an operation that is tried under another idempotency key."""
    return {"idempotency_key": str(uuid_utils.uuid7()), **fields}


def _hand_back(booking: Booking, operation: PaymentOperation, lease: dict[str, Any], **fields: Any) -> None:
    """Never beyond the booking's own limit: what is due then is done then."""
    limits = {State.PENDING_PAYMENT: booking.expires_at, State.CONFIRMING: booking.start}
    limit = limits.get(State(booking.state))
    if limit and clock.now() < limit < lease["claimed_until"]:
        lease["claimed_until"] = limit
    save(operation, **lease, **fields)
