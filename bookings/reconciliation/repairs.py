"""What can be done about a finding without a person: by the services, one durable transaction each.

Each looks for itself whether the finding still stands, under the booking's lock, so that doing it twice is harmless.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bookings.actors import JOB
from bookings.errors import SlotTaken
from bookings.holds import take_time
from bookings.models import Booking, TimeHold
from bookings.payments import execution, snapshots
from bookings.reconciliation import counts, times
from bookings.reconciliation.finding import Finding, Remedy
from bookings.services import expiry
from bookings.services.calendar_events import want_event_anew
from bookings.states import State
from bookings.transitions import close_suggestions, lock_booking
from calendars.services.comparison import delete_stray
from calendars.services.writing import sync_event_of
from findr import clock
from findr.transactions import durable
from findr.vendors.errors import VendorError

logger = logging.getLogger(__name__)

_PEOPLE_ONLY = {
    "pair": "read its history and its payment at Stripe, and decide what is true",
    "capture": "compare what Stripe took with what the visit became, and refund by hand what is owed",
    "fee": "refund what was kept too much, or record why it is kept",
    "amount": "find out which price the patient agreed to",
    "history": "history is evidence, and is not written afterwards",
    "feed": "a frame cannot be rendered as it was; the apps reload",
    "notification": "tell them what the booking is now; what was not written then would come too late as a push",
    "overlap": "one of the two visits must move or be called off",
    "vendor": "find out at Stripe whose money this is",
}


@dataclass(frozen=True)
class Repaired:
    """What came of one finding: whether something was done, and what, or why not."""

    finding: Finding
    is_done: bool
    said: str


def what_would_be_done(finding: Finding) -> str | None:
    """What a repair would do, told before it is done; None if it needs a person."""
    return _REPAIRS[finding.remedy].foretold if finding.remedy else None


def why_a_person(finding: Finding) -> str:
    """What a person has to do about a finding that no service can put right."""
    return _PEOPLE_ONLY[finding.invariant]


def repair(findings: Sequence[Finding]) -> Iterator[Repaired]:
    """Do what can be done about each; one that fails does not stop the rest."""
    for finding in findings:
        if finding.remedy is None:
            yield Repaired(finding, is_done=False, said=f"needs a person: {why_a_person(finding)}")
        else:
            yield _repair_one(finding, _REPAIRS[finding.remedy])


@dataclass(frozen=True)
class _Repair:
    """One way to repair: said before, and the doing; False if nothing was left to do, or could be done."""

    foretold: str
    carry_out: Callable[[Finding], bool]


def _repair_one(finding: Finding, way: _Repair) -> Repaired:
    try:
        is_done = way.carry_out(finding)
    except SlotTaken:
        return Repaired(finding, is_done=False, said="needs a person: another booking has this time")
    except VendorError as error:
        return Repaired(finding, is_done=False, said=f"the vendor could not be asked: {error}")
    except Exception:
        logger.exception("Could not be repaired: %s", finding)
        return Repaired(finding, is_done=False, said="it failed; the log says why")
    return Repaired(
        finding, is_done, said=way.foretold if is_done else "nothing was done: no longer so, or not possible"
    )


def _booking_of(finding: Finding) -> UUID:
    if finding.booking_id is None:
        raise ValueError(f"{finding} is about no booking.")
    return finding.booking_id


def _reopen(finding: Finding) -> bool:
    booking_id = _booking_of(finding)
    is_open = execution.reopen(booking_id)
    execution.run_open(booking_id)
    return is_open


def _try_again(finding: Finding) -> bool:
    return execution.run_open(_booking_of(finding))


def _expire(finding: Finding) -> bool:
    booking_id = _booking_of(finding)
    has_expired = expiry.expire_booking(booking_id=booking_id, actor=JOB) is not None
    return execution.run_open(booking_id) or has_expired


@durable("time without a reason is freed")
def _free_time(finding: Finding) -> bool:
    if finding.booking_id:
        lock_booking(finding.booking_id)
    found = times.without_reason(TimeHold.objects.filter(id=finding.key)).values_list("id", flat=True)
    deleted, _ = TimeHold.objects.filter(id__in=list(found)).delete()
    return deleted > 0


@durable("time that is lacking is taken")
def _take_time(finding: Finding) -> bool:
    booking = lock_booking(_booking_of(finding))
    lacking = [*_lacking(booking)]
    for start, end, kind in sorted(lacking):
        take_time(lane=booking.lane, owner=booking.id, start=start, end=end, kind=kind, patient_id=booking.patient_id)
    return bool(lacking)


def _lacking(booking: Booking) -> Iterator[tuple[datetime, datetime, TimeHold.Kind]]:
    """The stretches that it should hold and does not, with the buffer, and as what."""
    itself = Booking.objects.filter(id=booking.id)
    if itself.filter(times.lacks_visit_time()).exists():
        yield booking.start, booking.end + booking.buffer, TimeHold.Kind.BOOKING
    if itself.filter(times.lacks_asked_time()).exists():
        yield booking.requested_start, booking.requested_end + booking.buffer, TimeHold.Kind.REQUEST
    if booking.state in times.CHOOSING:
        for suggested in times.open_suggestions(booking.suggestions.filter(start__gt=clock.now())):
            if not suggested.is_kept:
                yield suggested.start, suggested.buffered_end, TimeHold.Kind.SUGGESTION


@durable("suggestions left open are closed")
def _close_suggestions(finding: Finding) -> bool:
    booking = lock_booking(_booking_of(finding))
    if State(booking.state) in times.CHOOSING:
        return False
    close_suggestions([booking])
    return True


def _read_at_vendor(finding: Finding) -> bool:
    booking_id = _booking_of(finding)
    is_heard = snapshots.read_again(booking_id, finding.key, actor=JOB)
    execution.run_open(booking_id)
    return is_heard


def _write_event(finding: Finding) -> bool:
    booking_id = _booking_of(finding)
    want_event_anew(booking_id=booking_id)
    return sync_event_of(booking_id)


def _delete_event(finding: Finding) -> bool:
    delete_stray(*finding.key)
    return True


def _count_anew(finding: Finding) -> bool:
    return counts.count_anew(finding.key)


_REPAIRS: dict[Remedy, _Repair] = {
    Remedy.REOPEN: _Repair("put its operation back to work, and carry it out", _reopen),
    Remedy.TRY_AGAIN: _Repair("carry its operation out again, unless somebody is at it", _try_again),
    Remedy.EXPIRE: _Repair("end it as its deadline demands, and release the hold on the card", _expire),
    Remedy.FREE_TIME: _Repair("free the time", _free_time),
    Remedy.TAKE_TIME: _Repair("take the time, if nobody else has it", _take_time),
    Remedy.CLOSE_SUGGESTIONS: _Repair("close the suggestions", _close_suggestions),
    Remedy.WRITE_EVENT: _Repair("write its event anew, as the visit is", _write_event),
    Remedy.DELETE_EVENT: _Repair("delete the event", _delete_event),
    Remedy.COUNT_ANEW: _Repair("count them anew", _count_anew),
    Remedy.READ_AT_VENDOR: _Repair("read the payment at the vendor, and apply what is true there", _read_at_vendor),
}
