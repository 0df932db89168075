"""The times that a day is offered in: every so many minutes from opening on, by the wall clock (contract 16.1)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bookings.availability.opening import Hours
from bookings.availability.visit_time import VisitTime
from providers.wall_times import GivenTime, TimeDoesNotExist


def grid_of(
    day: date, hours: Hours | None, zone: ZoneInfo, *, step: timedelta, length: timedelta
) -> Iterator[VisitTime]:
    """A day's visits of this length that end before it closes; none if it is closed.

    A wall time that the clocks skip is left out; one that they repeat is its first occurrence.
    """
    if hours is None:
        return
    wall, closes = (datetime.combine(day, one) for one in hours)
    while wall < closes:
        with suppress(TimeDoesNotExist):
            visit = VisitTime.of(GivenTime(wall).resolve(zone), length, zone)
            if visit.ends_at.replace(tzinfo=None) <= closes:
                yield visit
        wall += step
