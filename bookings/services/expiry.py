"""What nobody answered in time ends by itself (contract 6.5).

The periodic job, `manage.py expire_requests` and the admin all come through here. However many of them run at once,
each booking expires exactly once: the lock decides, and the state is checked after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from uuid import UUID

from django.conf import settings

from bookings import deadlines
from bookings.actors import JOB, Actor
from bookings.holds import free_time
from bookings.models import Booking
from bookings.payments.execution import run_open
from bookings.payments.reversals import release_all
from bookings.selectors import queues
from bookings.states import State
from bookings.transitions import lock_booking, lock_free, move_all
from findr import clock
from findr.outbox import sweeps
from findr.transactions import durable
from findr.vendors.budget import Budget

# Of these one computes while the other waits for PostgreSQL; more would wait for each other at the counters of feeds.
BATCHES_AT_ONCE = 2
FAILURE = "Booking %s could not be expired."
_REASONS = {State.PENDING_CONFIRMATION: "provider_no_answer", State.RESCHEDULE_PROPOSED: "patient_no_answer"}


@dataclass
class SweepResult:
    """What one run did: bookings that expired, checkouts that were followed up, and ids that failed."""

    expired: list[UUID] = field(default_factory=list)
    checkouts: list[UUID] = field(default_factory=list)
    failed: list[UUID] = field(default_factory=list)


def expire_overdue() -> SweepResult:
    """Expire every overdue request and follow up every overdue checkout; one that fails does not stop the rest."""
    result = SweepResult()
    overdue = list(queues.run_out().values_list("id", "state"))
    requests = [booking_id for booking_id, state in overdue if state != State.PENDING_PAYMENT]
    checkouts = [booking_id for booking_id, state in overdue if state == State.PENDING_PAYMENT]

    def expire(booking_ids: Sequence[UUID]) -> None:
        result.expired += expire_bookings(booking_ids=booking_ids, actor=JOB)

    def follow_up(booking_id: UUID) -> None:
        run_open(booking_id)
        result.checkouts.append(booking_id)

    result.failed += sweeps.together(
        requests, expire, size=settings.EXPIRY_BATCH, failure=FAILURE, threads=BATCHES_AT_ONCE
    )
    # Checkouts last: they wait for the vendor. An outage of it must not keep the next requests waiting, so what is not
    # reached within the budget the sweep of operations finds.
    vendor = Budget(settings.FOLLOW_UP_SECONDS)
    in_time = takewhile(lambda _: not vendor.is_over, checkouts)
    result.failed += sweeps.each(in_time, follow_up, failure=FAILURE)
    return result


@durable("the request expires")
def expire_booking(*, booking_id: UUID, actor: Actor, note: str = "", seen: str | None = None) -> Booking | None:
    """End a request whose deadline has passed: its time is free and its hold is given back, by a job.

    Args:
        note: why a person did it, for the history.
        seen: only this version of the booking (`transitions.version_of`).

    None, and nothing changes, if it was answered meanwhile or is not overdue.

    Raises:
        BookingNotFound, ChangedMeanwhile: nothing changed.
    """
    return next(iter(_expire([lock_booking(booking_id, seen=seen)], actor, note)), None)


@durable("requests expire")
def expire_bookings(*, booking_ids: Sequence[UUID], actor: Actor) -> list[UUID]:
    """As `expire_booking`, of many at once: all of them expire or none does. Those that did.

    Whom somebody is answering at this moment is left to the next run, if it still waits then.
    """
    return [booking.id for booking in _expire(lock_free(booking_ids), actor)]


def _expire(locked: Sequence[Booking], actor: Actor, note: str = "") -> list[Booking]:
    """End those of them that are overdue."""
    now = clock.now()
    overdue = [booking for booking in locked if deadlines.is_unanswered(booking, now)]
    for state, reason in _REASONS.items():
        if of_this_state := [booking for booking in overdue if booking.state == state]:
            why = {"reason": reason, **({"note": note} if note else {})}
            move_all(of_this_state, State.EXPIRED, "expired", actor, data=why)
    if overdue:
        free_time(*overdue)
        release_all(overdue, actor, lease_now=False)
    return overdue
