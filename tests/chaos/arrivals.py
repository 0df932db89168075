"""What arrived at phones and in mailboxes, held against what was owed to each: every piece of news once, and no other.

Once is what a healthy run owes. Whoever dies between a vendor's answer and its commit leaves a message that is sent again
(ARCHITECTURE.md, "Being told"); each such message has to have its cause, and is counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from chaos.news import histories
from chaos.outages import Outage

from bookings.models import BookingEvent
from notifications.models import Delivery

# Whose device or mailbox, and which piece of news: each way has names of its own for it.
Key = tuple[str, ...]
LONGEST = timedelta(hours=24)
# A commit that is lost belongs to an answer of the moment before.
NEAR_SECONDS = 4.0
# Whoever dies, or is taken for dead, between the answer and the commit.
DEATHS = frozenset(
    {"worker killed", "worker fell", "worker frozen", "postgres killed", "postgres fell", "sessions killed"}
)
# Time that jumps ends a lease under the hands of who has it.
JUMP = "clock moved"


@dataclass(frozen=True)
class Owed:
    """One message.

    Attributes:
        line: the line of history that it tells of, or that was the last one when the clock owed it; by its id.
        since: when it was written.
        until: from when on it is not true any more, whatever happens.
    """

    booking_id: UUID
    line: int
    since: datetime
    until: datetime


@dataclass
class Arrivals:
    """One way of telling, over one run.

    Attributes:
        arrived: when each message came, on the machine's monotonic clock, in order.
        rows: what findr has written down about each.
        excuse: why a message that came at this moment may have come once more; blank: it may not.
        repeats: how many came once more, by their excuse.
        dropped: how many were not sent, by the reason that findr gave.
    """

    way: str
    owed: Mapping[Key, Owed]
    arrived: Mapping[Key, Sequence[float]]
    rows: Mapping[Key, Delivery]
    excuse: Callable[[Key, float], str] = lambda key, at: ""
    repeats: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)

    def broken(self) -> list[str]:
        """A line for each message that should not be there, is missing for no reason, or came too often."""
        lines = histories()
        found = [f"{self.way} of what never happened: {key}" for key in self.arrived if key not in self.owed]
        for key, owed in self.owed.items():
            found += self._repeated(key) if self.arrived.get(key) else self._missing(key, owed, lines[owed.booking_id])
        return found

    def figures(self) -> dict[str, Any]:
        """For a run's report."""
        return {
            "owed": len(self.owed),
            "arrived": sum(map(len, self.arrived.values())),
            "not sent": dict(self.dropped),
            "came twice": dict(self.repeats),
        }

    def _repeated(self, key: Key) -> Iterator[str]:
        for at, _ in pairwise(self.arrived[key]):
            why = self.excuse(key, at)
            self.repeats[why] += 1
            if not why:
                yield f"{self.way} came twice: {key}"

    def _missing(self, key: Key, owed: Owed, lines: list[BookingEvent]) -> Iterator[str]:
        row = self.rows.get(key)
        if row is None or row.finished_at is None or row.state != Delivery.State.DROPPED:
            yield f"{self.way} did not come: {key}: {row.state if row else 'nothing is written down'}"
            return
        self.dropped[row.reason] += 1
        has_moved_on = any(line.id > owed.line and line.created_at <= row.finished_at for line in lines)
        true = {"moved_on": has_moved_on, "too_late": owed.until <= row.finished_at}
        if not true.get(row.reason, False):
            yield f"{self.way} was dropped as {row.reason or 'nothing'}, which is not so: {key}"


def excuse_of(outages: Sequence[Outage], at: float) -> str:
    """What was broken so near to this moment that the commit after it may be lost; blank if nothing was."""
    for kinds, why in ((DEATHS, "somebody died before the commit"), ({JUMP}, "its lease ended early")):
        if any(one.kind in kinds and one.was_on(at, before=NEAR_SECONDS, after=NEAR_SECONDS) for one in outages):
            return why
    return ""
