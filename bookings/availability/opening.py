"""When somebody is there at all: the hours of the practice, less its time off and their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from bookings.availability.intervals import Interval, Intervals
from bookings.availability.visit_time import VisitTime

Hours = tuple[time, time]


@dataclass(frozen=True)
class Opening:
    """When one lane is there.

    Attributes:
        hours: of each weekday that is open (Monday is 0), wall times of `zone`.
        away: when the practice or the member is.
    """

    zone: ZoneInfo
    hours: Mapping[int, Hours]
    away: Intervals = field(default_factory=Intervals)

    def covers(self, visit: VisitTime) -> bool:
        """Whether it lies within the hours of one day, and in no time off."""
        return self.is_within_hours(visit) and not self.away.meet(visit.begins, visit.ends)

    def is_within_hours(self, visit: VisitTime) -> bool:
        """Whether it lies within the hours of one day, whoever is away then."""
        first, last = visit.starts_at, visit.ends_at
        opens, closes = self.hours.get(first.weekday(), (time.max, time.min))
        return first.date() == last.date() and opens <= first.time() and last.time() <= closes


@dataclass(frozen=True)
class Openings:
    """The same for every lane of a practice.

    Attributes:
        away: by team member; None is the practice.
    """

    zone: ZoneInfo
    hours: Mapping[int, Hours]
    away: Mapping[UUID | None, list[Interval]]

    def of(self, member_id: UUID | None) -> Opening:
        """The lane of a team member, or the practice's own."""
        if member_id not in self._lanes:
            own = self.away.get(member_id, []) if member_id else []
            self._lanes[member_id] = Opening(self.zone, self.hours, Intervals([*self.away.get(None, []), *own]))
        return self._lanes[member_id]

    @cached_property
    def _lanes(self) -> dict[UUID | None, Opening]:
        return {}
