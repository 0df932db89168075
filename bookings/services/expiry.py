"""What nobody answered in time ends by itself (contract 6.5).

The periodic job, `manage.py expire_requests` and the admin all come through here. However many of them run at once,
each booking expires exactly once: the lock decides, and the state is checked after it.
"""

import logging
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from bookings import deadlines, selectors
from bookings.actors import JOB, Actor
from bookings.models import Booking
from bookings.services import payments, steps
from bookings.states import State
from findr import clock
from findr.transactions import drop_lost_connection, durable
from findr.vendor_time import Budget

logger = logging.getLogger(__name__)

_REASONS = {State.PENDING_CONFIRMATION: "provider_no_answer", State.RESCHEDULE_PROPOSED: "patient_no_answer"}


@dataclass
class Swept:
    """What one run did: bookings that expired, checkouts that were followed up, and ids that failed."""

    expired: list[UUID] = field(default_factory=list)
    checkouts: list[UUID] = field(default_factory=list)
    failed: list[UUID] = field(default_factory=list)


def expire_overdue() -> Swept:
    """Expire every overdue request and follow up every overdue checkout; one that fails does not stop the rest."""
    swept = Swept()
    overdue = list(selectors.run_out().values_list("id", "state"))
    overdue.sort(key=lambda found: found[1] == State.PENDING_PAYMENT)  # Checkouts last: they wait for the vendor.
    vendor = Budget(settings.FOLLOW_UP_SECONDS)
    for booking_id, state in overdue:
        try:
            if state == State.PENDING_PAYMENT:
                if vendor.is_over:
                    break  # The sweep finds the rest: an outage of the vendor must not keep the next requests waiting.
                payments.run_open(booking_id)
                swept.checkouts.append(booking_id)
            elif expire_booking(booking_id=booking_id, actor=JOB):
                swept.expired.append(booking_id)
        except Exception:
            logger.exception("Booking %s could not be expired.", booking_id)
            drop_lost_connection()  # It must not fail the rest as well.
            swept.failed.append(booking_id)
    return swept


@durable
def expire_booking(*, booking_id: UUID, actor: Actor, note: str = "", seen: str | None = None) -> Booking | None:
    """End a request whose deadline has passed: its time is free and its hold is given back, by a job.

    Args:
        note: why a person did it, for the history.
        seen: only this version of the booking (`steps.version_of`).

    None, and nothing changes, if it was answered meanwhile or is not overdue.

    Raises:
        BookingNotFound, ChangedMeanwhile: nothing changed.
    """
    booking = steps.lock_booking(booking_id, seen=seen)
    state = State(booking.state)
    if not deadlines.is_unanswered(booking, clock.now()):
        return None
    why = {"reason": _REASONS[state], **({"note": note} if note else {})}
    steps.move(booking, State.EXPIRED, "expired", actor, data=why)
    steps.free_time(booking)
    steps.release(booking, actor, mine=False)
    return booking
