"""How the clocks of a zone change on a day: what they skip, and what they show twice."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class WallStretch:
    """Minutes of the wall's clock since midnight: `[start, end)`."""

    start: int
    end: int

    def __bool__(self) -> bool:
        return self.start < self.end


@dataclass(frozen=True)
class ClockDay:
    """A day of a zone, 23, 24 or 25 hours long, or any other length that a zone has come up with.

    Attributes:
        begins, ends: its first moment, and that of the next day, in UTC.
        skipped, repeated: what the clocks jump over, and what they show a second time; empty on an ordinary day.
    """

    date: date
    begins: datetime
    ends: datetime
    skipped: WallStretch
    repeated: WallStretch


def week_of(monday: date, zone: ZoneInfo) -> list[ClockDay]:
    """The seven days from this one on."""
    return [day_of(monday + index * DAY, zone) for index in range(7)]


def day_of(day: date, zone: ZoneInfo) -> ClockDay:
    """The day as the clocks of the zone count it."""
    begins, ends = (datetime.combine(one, time.min, zone).astimezone(UTC) for one in (day, day + DAY))
    # A change at midnight belongs to the day that it begins.
    change = _change(begins - MINUTE, ends - MINUTE, zone)
    if change is None:
        return ClockDay(day, begins, ends, WallStretch(0, 0), WallStretch(0, 0))
    before, after = (_wall(moment, day, zone) for moment in (change - MINUTE, change))
    before += 1
    return ClockDay(day, begins, ends, _within(before, after), _within(after, before))


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime | None:
    """The first minute, after `low` and not after `high`, at which the zone has the offset of `high`; None if `low` has it."""
    after = high.astimezone(zone).utcoffset()
    if low.astimezone(zone).utcoffset() == after:
        return None
    while high - low > MINUTE:
        middle = low + (high - low) // MINUTE // 2 * MINUTE
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == after else (middle, high)
    return high


def _wall(moment: datetime, day: date, zone: ZoneInfo) -> int:
    """The minute of the day that the clocks show, negative if they show an earlier day."""
    return (moment.astimezone(zone).replace(tzinfo=None) - datetime.combine(day, time.min)) // MINUTE


def _within(start: int, end: int) -> WallStretch:
    return WallStretch(max(start, 0), min(end, MINUTES_A_DAY)) if start < end else WallStretch(0, 0)
