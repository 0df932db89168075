"""Stretches of time that are taken, for whoever asks many times whether some other stretch meets one."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

# From and until when, in seconds since 1970 (`datetime.timestamp()`): a year of them is read, sorted and searched in no time.
Interval = tuple[float, float]


class Intervals:
    """Half-open stretches `[start, end)`, merged: none of them meets another, and they are in order."""

    def __init__(self, stretches: Iterable[Interval] = ()) -> None:
        self.starts: list[float] = []
        self.ends: list[float] = []
        for start, end in sorted(stretches):
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)

    def meet(self, start: float, end: float) -> bool:
        """Whether any of `[start, end)` is in one of them."""
        first = bisect_right(self.ends, start)
        return first < len(self.starts) and self.starts[first] < end

    def __iter__(self) -> Iterator[Interval]:
        return zip(self.starts, self.ends, strict=True)

    def outside(self, others: "Intervals") -> Iterator[Interval]:
        """What of these is in none of the others."""
        for start, end in self:
            rest = start
            for other_start, other_end in others:
                if other_end <= rest or other_start >= end:
                    continue
                if rest < other_start:
                    yield rest, other_start
                rest = other_end
            if rest < end:
                yield rest, end
