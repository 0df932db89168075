"""Where a moment stands in the picture of a week: its height on the wall's clock, the same on each of the seven days.

An hour that the clocks show twice on one of the days has two places on all of them; on the other days the second is empty,
as an hour that is skipped is on its own day. So the same hours stand side by side all week, and no moment has the place
of another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bookings.admin.week.clocks import MINUTE, MINUTES_A_DAY, ClockDay, WallStretch
from bookings.admin.week.span import Span


@dataclass(frozen=True)
class Axis:
    """The axis of a week: `repeated` is what the clocks show twice on one of its days."""

    zone: ZoneInfo
    repeated: tuple[WallStretch, ...] = ()

    @classmethod
    def of(cls, days: Sequence[ClockDay], zone: ZoneInfo) -> "Axis":
        """That of these days."""
        return cls(zone, tuple(dict.fromkeys(day.repeated for day in days if day.repeated)))

    @property
    def end(self) -> int:
        """Where the midnight at its bottom stands."""
        return self.place(MINUTES_A_DAY - 1, second=True) + 1

    def place(self, minute: int, *, second: bool = False) -> int:
        """Where a minute of the wall's clock stands; its second place, if it is shown a second time."""
        earlier = (one for one in self.repeated if minute >= (one.start if second else one.end))
        return minute + sum(one.end - one.start for one in earlier)

    def span(self, start: datetime, end: datetime) -> Span:
        """Where [start, end) stands; both on one day, of which `end` may be the end."""
        top = self._place_of(start)
        return Span(top, max(self._place_of(end - MINUTE), top) + 1)

    def _place_of(self, moment: datetime) -> int:
        there = moment.astimezone(self.zone)
        return self.place(there.hour * 60 + there.minute, second=bool(there.fold))

    def wall_span(self, day: ClockDay, stretch: WallStretch) -> Span:
        """Where a stretch of the wall's clock stands on this day, both times if the day has some of it twice."""
        return Span(self.place(stretch.start), self.place(stretch.end - 1, second=bool(day.repeated)) + 1)

    def gaps(self, day: ClockDay) -> Iterator[Span]:
        """What there is not on this day: hours that it skips, and second hours of another day."""
        if day.skipped:
            yield self.wall_span(day, day.skipped)
        for one in self.repeated:
            if one != day.repeated:
                yield Span(self.place(one.start, second=True), self.place(one.end - 1, second=True) + 1)

    def hours(self) -> Iterator[tuple[int, int]]:
        """Each full hour's place, and the hour; one that is shown twice comes twice."""
        for hour in range(24):
            yield self.place(hour * 60), hour
            if any(one.start <= hour * 60 < one.end for one in self.repeated):
                yield self.place(hour * 60, second=True), hour
