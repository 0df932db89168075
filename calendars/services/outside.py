"""Events of ours that somebody deleted or moved in the calendar itself: found by the mirror, looked at, and told.

The visit stays as it is: what was agreed with a patient is not changed by a calendar. A vendor's list may say too much (what
leaves a window is "deleted" for Graph, lesson 48), so the event itself is read before anybody is told.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from calendars.models import CalendarEvent, MirroredCalendar, Outside, SyncState
from calendars.services.tokens import with_access
from calendars.signals import event_about_to_change, event_changed_outside
from calendars.vendors import vendor_named
from calendars.vendors.base import Access, BusyInterval, CalendarMissing, VendorEvent
from findr import clock
from findr.outbox.jobs import promise
from findr.saving import save
from findr.transactions import durable


def look_at_ours(
    calendar: MirroredCalendar,
    told: Mapping[str, BusyInterval | None],
    *,
    whole: tuple[datetime, datetime] | None,
) -> None:
    """Have those of our events looked at that are not told as they were written. In the caller's transaction.

    Args:
        told: what the vendor said, by its ids.
        whole: the window of which everything was told; None: these are changes only.
    """
    rows = _standing().filter(connection=calendar.mirror_id, calendar=calendar.calendar)
    rows = rows.filter(start__gte=whole[0], end__lte=whole[1]) if whole else rows.filter(vendor_id__in=list(told))
    for event in rows:
        busy = told.get(event.vendor_id)
        is_as_written = busy is not None and (busy.start, busy.end) == (event.start, event.end)
        if is_as_written == bool(event.outside):
            promise("calendars.look_at_event", event_id=str(event.pk))


def look_at_event(event_id: UUID) -> None:
    """Read one event by the name that we gave it, and write down what has become of it.

    Raises:
        CalendarError
    """
    event = _standing().select_related("connection").filter(pk=event_id).first()
    if event is None:
        return
    found = _read(event)
    if found is None:
        _record(event, Outside.DELETED)
    elif (found.start, found.end) != (event.start, event.end):
        _record(event, Outside.MOVED)
    else:
        _record(event, "")


def untold(connection_id: UUID) -> list[CalendarEvent]:
    """Events of visits to come that were changed by hand, and of which the practice has not been told yet."""
    return list(_standing().filter(_changed(), connection=connection_id, is_outside_told=False).order_by("start"))


def mark_told(events: Collection[CalendarEvent]) -> None:
    """The practice has been told of these."""
    CalendarEvent.objects.filter(pk__in=[event.pk for event in events]).update(is_outside_told=True)


def _standing() -> QuerySet[CalendarEvent]:
    """Those that are written as they are wanted, of visits to come: about the others somebody is at work."""
    return CalendarEvent.objects.filter(state=SyncState.SYNCED, wanted=True, end__gt=clock.now())


def _changed() -> Q:
    return ~Q(outside="")


def _read(event: CalendarEvent) -> VendorEvent | None:
    vendor = vendor_named(event.connection.vendor)

    def ask(access: Access, left: float) -> VendorEvent | None:
        return vendor.find_event(access, event.calendar, event.vendor_key, seconds=left)

    try:
        return with_access(event.connection, ask, seconds=settings.CALENDAR_WRITE_SECONDS, expected=(CalendarMissing,))
    except CalendarMissing:
        return None  # The calendar is gone, and the event with it.


@durable("an event was changed in the calendar")
def _record(event: CalendarEvent, what: str) -> None:
    if what:
        event_about_to_change.send(CalendarEvent, booking_id=event.booking_id)
    row = _standing().select_for_update(of=("self",)).filter(pk=event.pk, version=event.version).first()
    if row is None or row.outside == what:
        return
    save(row, outside=what, is_outside_told=False)
    if what:
        event_changed_outside.send(CalendarEvent, booking_id=row.booking_id, what=what)
        promise("calendars.mail_changed_outside", connection_id=str(row.connection_id))
