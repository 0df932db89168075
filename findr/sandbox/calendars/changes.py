"""What has changed in a calendar since some version of it, under every vendor's cursors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from findr.sandbox.calendars.events import OF_THE_SERIES, expanded
from findr.sandbox.ledger import Object

if TYPE_CHECKING:
    from findr.sandbox.calendars.book import Calendars

# What decides which occurrences a series has.
SHAPE = ("start", "end", "exceptions", *OF_THE_SERIES)


def knows(calendar: Object, version: int) -> bool:
    """Whether it can still be said what has changed since this version."""
    return not calendar.get("forgets") and calendar.get("remembers", 0) <= version <= calendar["version"]


def since(calendars: Calendars, calendar: Object, version: int) -> list[Object]:
    """Events and whole series that were made, changed or deleted after this version."""
    return [event for event in calendars.events(calendar) if event["version"] > version]


def with_former(event: Object, *, until: int) -> list[Object]:
    """What a series was before its times change: its occurrences of then have to be told gone.

    ``until`` is the calendar's last version in which it was so, whatever else has changed there since it became so.
    """
    former: list[Object] = list(event.get("former", []))
    if event["recurrence"]:
        former.append({**{name: event[name] for name in SHAPE}, "until": until})
    return former


def shapes(event: Object, version: int) -> Iterator[Object]:
    """The event as it is and, before it, as it was at any time after this version."""
    for former in event.get("former", []):
        if former["until"] >= version:
            yield {**event, **former, "status": "cancelled", "deleted": True}
    yield event


def occurrences(event: Object, version: int, start: datetime, end: datetime) -> list[Object]:
    """Each occurrence near the window that the event has or, as cancelled, had after this version."""
    found: dict[object, Object] = {}
    for shape in shapes(event, version):
        gone = shape["status"] == "cancelled"
        for one in expanded(shape, start, end):
            found[one["original_start"]] = {**one, "status": "cancelled", "deleted": True} if gone else one
    return list(found.values())
