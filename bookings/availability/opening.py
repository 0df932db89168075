"""When somebody is there at all: the hours of the practice, less its time off and their own."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from bookings.availability.intervals import Interval, Intervals

Hours = tuple[time, time]

# Written out: every question about free times asks it.
_OPENINGS = """
SELECT id, timezone, NULL::int, NULL::time, NULL::time, NULL::uuid, NULL::timestamptz, NULL::timestamptz
    FROM providers_provider WHERE id = ANY(%(practices)s)
UNION ALL
SELECT provider_id, NULL, weekday, opens, closes, NULL, NULL, NULL
    FROM providers_openinghours WHERE provider_id = ANY(%(practices)s)
UNION ALL
SELECT provider_id, NULL, NULL, NULL, NULL, team_member_id, start, "end"
    FROM providers_timeoff WHERE provider_id = ANY(%(practices)s) AND "end" > %(start)s
        AND (%(end)s::timestamptz IS NULL OR start < %(end)s)
"""


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
        return self.is_within_hours(start, end) and not self.away.meet(start, end)

    def is_within_hours(self, start: datetime, end: datetime) -> bool:
        """Whether [start, end) lies within the hours of one day, whoever is away then."""
        first, last = start.astimezone(self.zone), end.astimezone(self.zone)
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


def openings_of(practices: Collection[UUID], start: datetime, end: datetime | None = None) -> dict[UUID, Openings]:
    """When these practices are there, as it stands, as far as it concerns [start, end); in one statement.

    Args:
        end: None is as far ahead as there is time off.
    """
    zones: dict[UUID, ZoneInfo] = {}
    hours: dict[UUID, dict[int, Hours]] = defaultdict(dict)
    away: dict[UUID, dict[UUID | None, list[Interval]]] = defaultdict(lambda: defaultdict(list))
    with connection.cursor() as cursor:
        cursor.execute(_OPENINGS, {"practices": list(practices), "start": start, "end": end})
        for practice, zone, weekday, opens, closes, member, begins, ends in cursor:
            if zone is not None:
                zones[practice] = ZoneInfo(zone)
            elif weekday is not None:
                hours[practice][weekday] = (opens, closes)
            else:
                away[practice][member].append((begins, ends))
    return {practice: Openings(zone, hours[practice], away[practice]) for practice, zone in zones.items()}
