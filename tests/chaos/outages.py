"""What was broken in a run, and from when to when: processes that were gone, a vendor that misbehaved, time that jumped."""

import time
from dataclasses import dataclass


@dataclass
class Outage:
    """A disturbance, on the machine's monotonic clock; `ended` is None while it lasts.

    Attributes:
        target: who was disturbed: a process of the world, its `sessions`, the `vendor`, the `clock`.
        how: `killed`, `frozen` or `fell` of a process; `misbehaves` or what somebody did there of the vendor; `moved`.
    """

    target: str
    began: float
    ended: float | None = None
    how: str = "killed"

    @property
    def kind(self) -> str:
        """What was done to whom."""
        return f"{self.target} {self.how}"

    def was_on(self, at: float, *, before: float = 0.0, after: float = 0.0) -> bool:
        """Whether it lasted at this moment, or began or ended so few seconds away from it."""
        return self.began - before <= at and (self.ended is None or at <= self.ended + after)


def of_a_moment(target: str, how: str) -> Outage:
    """One that is over as soon as it began."""
    now = time.monotonic()
    return Outage(target, now, now, how)
