"""Reading when practices are there: their hours and time off, as they stand in this transaction."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from bookings.availability.intervals import Interval
from bookings.availability.opening import Hours, Openings

# Written out: every question about free times asks it.
_OPENINGS = """
SELECT id, timezone, NULL::int, NULL::time, NULL::time, NULL::uuid, NULL::float8, NULL::float8
    FROM providers_provider WHERE id = ANY(%(practices)s)
UNION ALL
SELECT provider_id, NULL, weekday, opens, closes, NULL, NULL, NULL
    FROM providers_openinghours WHERE provider_id = ANY(%(practices)s)
UNION ALL
SELECT provider_id, NULL, NULL, NULL, NULL, team_member_id,
    extract(epoch FROM start)::float8, extract(epoch FROM "end")::float8
    FROM providers_timeoff WHERE provider_id = ANY(%(practices)s) AND "end" > %(start)s
        AND (%(end)s::timestamptz IS NULL OR start < %(end)s)
"""


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
