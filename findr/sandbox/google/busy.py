"""Which events make somebody busy at Google, and when: the free/busy matrix."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from findr.sandbox.calendars.times import moment, zone_named
from findr.sandbox.ledger import Object

# Events that Google makes transparent, whatever else they are.
TRANSPARENT = ("free", "workingElsewhere")
LONGEST = timedelta(days=62)

Interval = tuple[datetime, datetime]


def is_busy(event: Object) -> bool:
    """Opaque, not cancelled and not declined; unanswered and tentative ones count, and whole days like hours."""
    return (
        event["status"] != "cancelled"
        and not event["deleted"]
        and event["show_as"] not in TRANSPARENT
        and event["response"] != "declined"
    )


def busy_times(calendar: Object, occurrences: Iterable[Object], start: datetime, end: datetime) -> list[Interval]:
    """When the calendar is busy within the window: cut to it, in order, what touches or overlaps made one."""
    zone = zone_named(calendar["time_zone"])
    times = sorted((moment(one["start"], zone), moment(one["end"], zone)) for one in occurrences if is_busy(one))
    merged: list[Interval] = []
    for begins, ends in times:
        begins, ends = max(begins, start), min(ends, end)
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        elif begins < ends:
            merged.append((begins, ends))
    return merged
