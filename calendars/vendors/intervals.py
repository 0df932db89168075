"""Busy times, cut to what was asked."""

from collections.abc import Iterable
from datetime import datetime

from calendars.vendors.base import BusyInterval


def clipped(found: Iterable[BusyInterval], start: datetime, end: datetime) -> list[BusyInterval]:
    """What of them lies within [start, end), in order. What only touches it, or takes no time, does not."""
    cut = (BusyInterval(max(one.start, start), min(one.end, end)) for one in found)
    return sorted((one for one in cut if one.start < one.end), key=lambda one: (one.start, one.end))
