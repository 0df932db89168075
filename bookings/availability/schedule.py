"""One lane as it is known at one moment, and the one rule of what stands against a time in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from bookings import policies
from bookings.availability.intervals import Intervals
from bookings.availability.opening import Opening
from bookings.availability.visit_time import VisitTime
from bookings.states import BookingType
from findr.errors import FindrError


class Reason(StrEnum):
    """Why a time cannot be had (contract 16.2). A calendar that cannot be read is no reason: see docs/deviations.md."""

    PAST = "past"
    TOO_SOON = "too_soon"
    TOO_FAR_AHEAD = "too_far_ahead"
    CLOSED = "closed"
    TAKEN = "taken"
    BUSY = "busy"


_OF_REFUSAL: Mapping[type[FindrError], Reason] = {
    policies.TimeInPast: Reason.PAST,
    policies.TooSoon: Reason.TOO_SOON,
    policies.TooFarAhead: Reason.TOO_FAR_AHEAD,
}


@dataclass(frozen=True)
class Lane:
    """Whose time it is: a team member's, or the practice's own.

    Attributes:
        id: the member's, else the practice's: what time holds are kept under.
        name: the member's, else the practice's.
    """

    id: UUID
    member_id: UUID | None
    name: str
    title: str | None


@dataclass(frozen=True)
class Schedule:
    """What is known of a lane.

    Attributes:
        opening: when it is there at all.
        buffer: kept free after each visit.
        taken: by whoever; lapsed reservations, and those of the patient who asks, aside.
        is_connected: whether it has a calendar.
        busy: what the calendar says; None if there is none that is fresh enough to go by, or staff have switched it off.
    """

    lane: Lane
    opening: Opening
    notice: policies.Notice
    buffer: timedelta
    taken: Intervals = field(default_factory=Intervals)
    is_connected: bool = False
    busy: Intervals | None = None

    @property
    def booking_mode(self) -> BookingType:
        """What a booking of a listed time becomes."""
        return BookingType.REQUEST if self.busy is None else BookingType.INSTANT

    @property
    def margin(self) -> timedelta:
        """What a start needs beside the lead: somebody has to answer a request (contract 6.5)."""
        return timedelta(0) if self.busy is not None else policies.REQUEST_MARGIN


def reason_against(schedule: Schedule, visit: VisitTime, *, now: datetime) -> Reason | None:
    """What stands against a visit; None if it can be had.

    In the order in which a create would find out: `request_booking` asks the same notice, and the same holds.
    """
    if refusal := schedule.notice.refusal_of(visit.start, now=now, extra=schedule.margin):
        return _OF_REFUSAL[refusal]
    if not schedule.opening.covers(visit):
        return Reason.CLOSED
    until = visit.ends + schedule.buffer.total_seconds()
    if schedule.taken.meet(visit.begins, until):
        return Reason.TAKEN
    if schedule.busy is not None and schedule.busy.meet(visit.begins, until):
        return Reason.BUSY
    return None
