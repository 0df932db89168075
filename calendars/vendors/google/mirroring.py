"""Reading a calendar for a mirror: all of it once, then what has changed, by sync tokens.

https://developers.google.com/workspace/calendar/api/guides/sync
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from calendars.vendors.base import CalendarChanges, CalendarError, CalendarMissing, CursorGone
from calendars.vendors.calls import making_sense
from calendars.vendors.google.calendar import mirrored_event
from calendars.vendors.google.client import VENDOR, Operation

PAGE_SIZE = 2500
# An endless series that was edited is told occurrence by occurrence until 2040 (lesson 49). What is longer than this is
# sooner read from the beginning, within its window.
MAX_CHANGED_PAGES = 4


def read_events(operation: Operation, calendar: str, start: datetime, end: datetime) -> CalendarChanges:
    """Everything in the window."""
    window = {"timeMin": start.isoformat(), "timeMax": end.isoformat()}
    return _changes(list(_pages(operation, calendar, window)))


def read_changes(operation: Operation, calendar: str, cursor: str) -> CalendarChanges:
    """What has changed anywhere in the calendar. In another zone than before its whole days are others: CursorGone."""
    zone, _, token = cursor.partition(" ")
    pages = list(islice(_pages(operation, calendar, {"syncToken": token}, missing=CursorGone), MAX_CHANGED_PAGES))
    if pages[-1].get("nextPageToken"):
        raise CursorGone("Too much has changed in a Google calendar.")
    changes = _changes(pages)
    if changes.cursor.partition(" ")[0] != zone:
        raise CursorGone("A Google calendar has another time zone now.")
    return changes


def _pages(
    operation: Operation, calendar: str, asked: Mapping[str, str], missing: type[CalendarError] = CalendarMissing
) -> Iterator[dict[str, Any]]:
    return operation.pages(
        lambda api, page: api.events().list(
            calendarId=calendar, singleEvents=True, maxResults=PAGE_SIZE, pageToken=page, **asked
        ),
        missing=missing,
    )


def _changes(pages: list[dict[str, Any]]) -> CalendarChanges:
    """The calendar's zone is kept in front of the token."""
    with making_sense(VENDOR):
        last = pages[-1]
        zone = ZoneInfo(last["timeZone"])
        events = [mirrored_event(event, zone) for page in pages for event in page["items"]]
        return CalendarChanges(events, f"{zone.key} {last['nextSyncToken']}")
