"""How the week says days and times, on the practice's clock, with as few words as there is room for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bookings.admin.week.clocks import ClockDay, WallStretch
from bookings.availability.opening import Hours
from providers.wall_times import clock_face, exact_face


def short_day(there: date) -> str:
    """`Tue, Mar 3`"""
    return f"{there:%a, %b} {there.day}"


@dataclass(frozen=True)
class When:
    """`2:00 PM` to `2:30 PM`, under the heading of its day; what is on several days says which, and has no `day`."""

    day: str
    since: str
    until: str

    @classmethod
    def of(cls, start: datetime, end: datetime, zone: ZoneInfo) -> "When":
        """When something is, in this zone."""
        first, last = start.astimezone(zone), end.astimezone(zone)
        if first.date() == last.date():
            return cls(short_day(first), exact_face(first), exact_face(last))
        return cls("", day_and_time(start, zone), day_and_time(end, zone))


def day_and_time(moment: datetime, zone: ZoneInfo) -> str:
    """`Tue, Mar 3, 2:00 PM`"""
    there = moment.astimezone(zone)
    return f"{short_day(there)}, {exact_face(there)}"


def title_of(days: Sequence[ClockDay]) -> str:
    """`Mon, Mar 2, 2026 to Sun, Mar 8, 2026`"""
    first, last = days[0].date, days[-1].date
    return f"{short_day(first)}, {first.year} to {short_day(last)}, {last.year}"


def clocks_note(day: ClockDay) -> str:
    """What the clocks do on that day; blank if nothing."""
    if day.skipped:
        return f"The clocks go forward: {_wall(day.skipped)} is skipped."
    return f"The clocks go back: {_wall(day.repeated)} comes twice." if day.repeated else ""


def _wall(stretch: WallStretch) -> str:
    first, last = (time(minute // 60 % 24, minute % 60) for minute in (stretch.start, stretch.end))
    return f"{_face(first)} to {_face(last)}"


def open_text(hours: Hours | None) -> str:
    """`open 8:00 AM to 6:00 PM`, or that it is not."""
    return f"open {_face(hours[0])} to {_face(hours[1])}" if hours else "closed"


def hour_text(hour: int) -> str:
    """`8 AM`"""
    return f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}"


def _face(wall: time) -> str:
    return clock_face(datetime.combine(date.min, wall))
