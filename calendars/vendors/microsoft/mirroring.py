"""Reading a calendar for a mirror: a window of it once, then what has changed there, by delta queries.

https://learn.microsoft.com/graph/delta-query-events - A delta's window stays as it is (lesson 48): whoever keeps a mirror
reads it anew before the window ends.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from calendars.vendors.base import BusyInterval, CalendarChanges, CursorGone, MirroredEvent
from calendars.vendors.calls import making_sense
from calendars.vendors.microsoft.calendar import AHEAD, BEHIND, is_busy, moment, path_of, window
from calendars.vendors.microsoft.client import VENDOR, Operation
from calendars.vendors.microsoft.zones import zone_named

Event = Mapping[str, Any]
REMOVED, MASTER = "@removed", "seriesMaster"


def read_events(operation: Operation, calendar: str, start: datetime, end: datetime) -> CalendarChanges:
    """Everything in the window. A series' own words come once, its occurrences with hardly more than their times."""
    with making_sense(VENDOR):
        pages = list(operation.pages(path_of(calendar, "calendarView/delta"), window(start, end)))
        told = [event for page in pages for event in page["value"] if REMOVED not in event]
        masters = {str(event["id"]): event for event in told if event.get("type") == MASTER}
        events = [_mirrored(event, masters) for event in told if event.get("type") != MASTER]
        return CalendarChanges(events, str(pages[-1]["@odata.deltaLink"]))


def read_changes(operation: Operation, cursor: str) -> CalendarChanges:
    """What has changed in the window.

    What becomes of its occurrences when a series changes is not told for each of them: that is read from the beginning.

    Raises:
        CursorGone
    """
    with making_sense(VENDOR):
        pages = list(operation.pages(cursor, missing=CursorGone))
        told = [event for page in pages for event in page["value"]]
        if any(_is_of_the_series(event) for event in told):
            raise CursorGone("A series has changed in a Microsoft calendar.")
        events = [MirroredEvent(str(one["id"])) if REMOVED in one else _mirrored(one, {}) for one in told]
        return CalendarChanges(events, str(pages[-1]["@odata.deltaLink"]))


def _is_of_the_series(event: Event) -> bool:
    return REMOVED not in event and (event.get("type") == MASTER or "showAs" not in event)


def _mirrored(event: Event, masters: Mapping[str, Event]) -> MirroredEvent:
    """An occurrence like all others of its series has its times of its own, and all else of the series."""
    series = str(event.get("seriesMasterId") or "")
    whole = {**masters.get(series, {}), **event}
    if not is_busy(whole):
        return MirroredEvent(str(event["id"]), series_id=series)
    start, end = _times(whole)
    return MirroredEvent(str(event["id"]), BusyInterval(start, end) if start < end else None, series)


def _times(event: Event) -> tuple[datetime, datetime]:
    """Whole days are told as dates. They are days of the zone in which the event was made; where that is no known one, they
    count as far as they might reach.
    """
    start, end = moment(event["start"]), moment(event["end"])
    if not event["isAllDay"]:
        return start, end
    zone = zone_named(event.get("originalStartTimeZone"))
    if zone is None:
        return start - AHEAD, end + BEHIND
    return start.replace(tzinfo=zone).astimezone(UTC), end.replace(tzinfo=zone).astimezone(UTC)
