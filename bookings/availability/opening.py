"""When somebody is there at all: the hours of the practice, less its time off and their own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from bookings.availability.intervals import Interval, Intervals
from providers.models import OpeningHours, TimeOff

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

    def covers(self, start: datetime, end: datetime) -> bool:
        """Whether [start, end) lies within the hours of one day, and in no time off."""
        first, last = start.astimezone(self.zone), end.astimezone(self.zone)
        opens, closes = self.hours.get(first.weekday(), (time.max, time.min))
        within = first.date() == last.date() and opens <= first.time() and last.time() <= closes
        return within and not self.away.meet(start, end)


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


def openings_of(zones: Mapping[UUID, ZoneInfo], start: datetime, end: datetime | None = None) -> dict[UUID, Openings]:
    """When these practices are there, as it stands, as far as it concerns [start, end); in two statements.

    Args:
        zones: the practices, and the zone in which each one's hours are read.
        end: None is as far ahead as there is time off.
    """
    hours: dict[UUID, dict[int, Hours]] = {practice: {} for practice in zones}
    of_these = OpeningHours.objects.filter(provider__in=list(zones)).order_by()
    for practice, weekday, opens, closes in of_these.values_list("provider_id", "weekday", "opens", "closes"):
        hours[practice][weekday] = (opens, closes)
    away = _time_off(zones, start, end)
    return {practice: Openings(zone, hours[practice], away[practice]) for practice, zone in zones.items()}


def _time_off(
    practices: Iterable[UUID], start: datetime, end: datetime | None
) -> dict[UUID, dict[UUID | None, list[Interval]]]:
    rows = TimeOff.objects.filter(provider__in=list(practices), end__gt=start).order_by()
    if end is not None:
        rows = rows.filter(start__lt=end)
    found: dict[UUID, dict[UUID | None, list[Interval]]] = defaultdict(lambda: defaultdict(list))
    for practice, whose, begins, ends in rows.values_list("provider_id", "team_member_id", "start", "end"):
        found[practice][whose].append((begins, ends))
    return found
