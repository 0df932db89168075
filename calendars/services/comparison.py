"""The events of visits to come, against what stands in the calendars: for the books.

Only what stood still is judged: an event that is being written, or was while the vendor was asked, is left for next time.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from calendars.models import CalendarConnection, CalendarEvent, SyncState
from calendars.models.connection import REACHABLE
from calendars.services.tokens import with_access
from calendars.vendors import vendor_named
from calendars.vendors.base import Access, CalendarError, CalendarMissing, VendorEvent
from findr import clock

logger = logging.getLogger(__name__)

# Nobody can book further ahead (contract 6.10); an event that somebody moved by hand may lie a little beyond.
WINDOW = timedelta(days=400)


class Discrepancy(StrEnum):
    MISSING = "missing"
    DOUBLED = "doubled"
    STALE = "stale"
    ORPHANED = "orphaned"


@dataclass(frozen=True)
class Difference:
    """One event that is not as it should be.

    Attributes:
        booking_id: whose visit; None of an event that belongs to none that we know.
        vendor_id: of the event that is too many, or stands wrongly; blank if there is none.
    """

    what: Discrepancy
    connection_id: UUID
    calendar: str
    booking_id: UUID | None
    vendor_id: str


def differences() -> Iterator[Difference]:
    """All connected calendars, one after the other. One that cannot be read now is left out, and logged."""
    for connection in CalendarConnection.objects.filter(status__in=REACHABLE).order_by("pk"):
        calendars = set(_rows(connection).values_list("calendar", flat=True)) | {connection.target_calendar}
        for calendar in sorted(calendars):
            try:
                yield from _compare(connection, calendar)
            except CalendarError as error:
                logger.warning("Calendar %s could not be held against the visits: %s", connection.id, error.code)


def delete_stray(connection_id: UUID, calendar: str, vendor_id: str) -> None:
    """Delete an event of ours that stands for no visit. Raises CalendarError."""
    connection = CalendarConnection.objects.get(pk=connection_id)
    vendor = vendor_named(connection.vendor)

    def delete(access: Access, left: float) -> None:
        vendor.delete_event(access, calendar, vendor_id, seconds=left)

    with_access(connection, delete, seconds=settings.CALENDAR_WRITE_SECONDS)


def _rows(connection: CalendarConnection) -> QuerySet[CalendarEvent]:
    return connection.events.filter(end__gt=clock.now())


def _compare(connection: CalendarConnection, calendar: str) -> Iterator[Difference]:
    now = clock.now()
    before = _settled(connection, calendar)
    found = _read(connection, calendar, now)
    after = _settled(connection, calendar)
    by_key: dict[str, list[VendorEvent]] = defaultdict(list)
    for event in found:
        by_key[event.key].append(event)
    at_rest = {key: row for key, row in after.items() if key in before and before[key].version == row.version}
    for key, row in at_rest.items():
        yield from _judge(row, by_key.get(key, []))
    for key in set(by_key) - set(at_rest):
        if not CalendarEvent.has_key(key):  # Else it is judged with its row, or somebody is at work on it.
            for event in by_key[key]:
                yield Difference(Discrepancy.ORPHANED, connection.id, calendar, None, event.id)


def _settled(connection: CalendarConnection, calendar: str) -> dict[str, CalendarEvent]:
    rows = _rows(connection).filter(calendar=calendar, state=SyncState.SYNCED)
    return {row.vendor_key: row for row in rows}


def _read(connection: CalendarConnection, calendar: str, now: datetime) -> list[VendorEvent]:
    vendor, since = vendor_named(connection.vendor), now - timedelta(days=1)

    def ask(access: Access, left: float) -> list[VendorEvent]:
        return vendor.our_events(access, calendar, since, now + WINDOW, seconds=left)

    try:
        return with_access(connection, ask, seconds=settings.BOOKS_CALL_SECONDS)
    except CalendarMissing:
        return []


def _judge(row: CalendarEvent, found: list[VendorEvent]) -> Iterator[Difference]:
    its_own = next((event for event in found if event.id == row.vendor_id), None)
    for event in found:
        if event is not its_own:
            what = Discrepancy.DOUBLED if row.wanted else Discrepancy.ORPHANED
            yield Difference(what, row.connection_id, row.calendar, row.booking_id, event.id)
    if row.wanted and its_own is None:
        yield Difference(Discrepancy.MISSING, row.connection_id, row.calendar, row.booking_id, "")
    if row.wanted and its_own and (its_own.start, its_own.end) != (row.start, row.end):
        yield Difference(Discrepancy.STALE, row.connection_id, row.calendar, row.booking_id, its_own.id)
