"""When a visit would be, in every form in which it is compared."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo


class VisitTime(NamedTuple):
    """A time that could be asked for: made once, and held against each lane.

    Attributes:
        start: in UTC.
        starts_at, ends_at: by the practice's clocks.
        begins, ends: in seconds since 1970, as `Intervals` count.
    """

    start: datetime
    starts_at: datetime
    ends_at: datetime
    begins: float
    ends: float

    @classmethod
    def of(cls, start: datetime, length: timedelta, zone: ZoneInfo) -> Self:
        """That of a visit of this length, at a practice in this zone."""
        start = start.astimezone(UTC)
        end = start + length
        return cls(start, start.astimezone(zone), end.astimezone(zone), start.timestamp(), end.timestamp())
