"""Making the vendor's event what its row wants: one call under the row's lease, between two short transactions.

A process that dies in between leaves a lease that ends. Whoever comes then calls again: the vendor knows the event by our
key, so a second writing finds the first, and what may have been written unseen is looked for before it counts as gone.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from calendars.models import CalendarEvent, Status, SyncState
from calendars.services.tokens import with_access
from calendars.signals import event_about_to_change, event_synced
from calendars.vendors import vendor_named
from calendars.vendors.base import (
    Access,
    CalendarError,
    CalendarMissing,
    CalendarVendor,
    EventDraft,
    EventMissing,
    GrantDead,
    RateLimited,
)
from findr import clock
from findr.outbox import sweeps
from findr.outbox.jobs import promise
from findr.outbox.leases import claim, failed, handed_back, is_same
from findr.saving import save, save_state
from findr.transactions import durable

logger = logging.getLogger(__name__)

# Not for its owner to hear of: it waits for its turn, or somebody deleted what was to be changed.
NO_FAULT_OF_THE_CALENDAR = (EventMissing, CalendarMissing, RateLimited)
OPEN = (SyncState.PENDING, SyncState.FAILED)


class Disconnected(CalendarError):
    """Its connection has no tokens any more, and never will again."""

    code, retryable_by_default = "disconnected", False


@dataclass(frozen=True)
class Written:
    """What was done at the vendor: `created`, `updated`, `deleted`, or nothing; and the event's id there since."""

    what: str
    vendor_id: str


def sync_event(event_id: UUID) -> None:
    """Bring one event up to date, unless somebody is at it."""
    rows = CalendarEvent.objects.select_related("connection").filter(pk=event_id, state__in=OPEN)
    event = claim(rows, seconds=settings.CALENDAR_LEASE_SECONDS)
    if event is None:
        return
    try:
        written = _write(event, seconds=settings.CALENDAR_WRITE_SECONDS)
    except CalendarError as error:
        _record_failure(event, error)
    else:
        _record(event, written)


def sync_event_of(booking_id: UUID) -> bool:
    """Bring a visit's event up to date now; whether it is."""
    rows = CalendarEvent.objects.filter(booking_id=booking_id)
    for event_id in rows.values_list("pk", flat=True):
        sync_event(event_id)
    return rows.filter(state=SyncState.SYNCED).exists()


def open_events() -> list[UUID]:
    """Events that are not as they should be, and that nobody is at work on."""
    return sweeps.due(CalendarEvent.objects.filter(state__in=OPEN))


def _write(event: CalendarEvent, *, seconds: float) -> Written:
    connection = event.connection
    if connection.status == Status.DISCONNECTED:
        raise Disconnected("It was disconnected.")
    if connection.status == Status.NEEDS_REAUTH:
        raise GrantDead("It must be connected again.")
    vendor = vendor_named(connection.vendor)

    def send(access: Access, left: float) -> Written:
        return _put(vendor, access, event, left) if event.wanted else _take_away(vendor, access, event, left)

    return with_access(connection, send, seconds=seconds, expected=NO_FAULT_OF_THE_CALENDAR)


def _put(vendor: CalendarVendor, access: Access, event: CalendarEvent, seconds: float) -> Written:
    draft = EventDraft(event.vendor_key, event.title, event.description, event.start, event.end, event.timezone)
    if event.vendor_id:
        try:
            vendor.update_event(access, event.calendar, event.vendor_id, draft, seconds=seconds)
            return Written("updated", event.vendor_id)
        except EventMissing:  # Somebody deleted it by hand; the visit still stands.
            pass
    return Written("created", vendor.create_event(access, event.calendar, draft, seconds=seconds))


def _take_away(vendor: CalendarVendor, access: Access, event: CalendarEvent, seconds: float) -> Written:
    vendor_id = event.vendor_id
    try:
        if not vendor_id and event.attempts > 1:  # Whoever tried before may have died after the vendor wrote it.
            found = vendor.find_event(access, event.calendar, event.vendor_key, seconds=seconds)
            vendor_id = found.id if found else ""
        if not vendor_id:
            return Written("", "")
        vendor.delete_event(access, event.calendar, vendor_id, seconds=seconds)
    except CalendarMissing:
        pass  # And its events with it.
    return Written("deleted", "")


@durable("an event is written")
def _record(event: CalendarEvent, written: Written) -> None:
    if written.what:
        event_about_to_change.send(CalendarEvent, booking_id=event.booking_id)
    row = _still_ours(event)
    if row is None:
        return
    is_current = row.version == event.version
    save_state(
        row,
        SyncState.SYNCED if is_current else SyncState.PENDING,
        vendor_id=written.vendor_id,
        written_version=event.version,
        written_at=clock.now(),
        last_error="",
        backoff_step=0,
        **handed_back(clock.now()),
    )
    if written.what:
        event_synced.send(CalendarEvent, booking_id=row.booking_id, what=written.what, error="")
    if not is_current:  # Wanted otherwise meanwhile.
        promise("calendars.sync_event", event_id=str(row.id))


@durable("an event could not be written")
def _record_failure(event: CalendarEvent, error: CalendarError) -> None:
    event_about_to_change.send(CalendarEvent, booking_id=event.booking_id)
    row = _still_ours(event)
    if row is None:
        return
    if isinstance(error, RateLimited):  # No failure: it waits for its turn.
        save(row, **handed_back(clock.now() + timedelta(seconds=error.retry_after)))
        return
    first, cap = settings.CALENDAR_RETRY_SECONDS, settings.CALENDAR_RETRY_CAP_SECONDS
    is_news = row.state != SyncState.FAILED
    state = SyncState.LOST if isinstance(error, Disconnected) else SyncState.FAILED
    save_state(row, state, last_error=error.code, **failed(row, first=first, cap=cap))
    if is_news:
        logger.warning("The event of booking %s could not be written: %s", row.booking_id, error.code)
        event_synced.send(CalendarEvent, booking_id=row.booking_id, what="failed", error=error.code)
    if state == SyncState.LOST:
        promise("calendars.mail_events_out_of_reach", connection_id=str(row.connection_id))


def _still_ours(event: CalendarEvent) -> CalendarEvent | None:
    row = CalendarEvent.objects.select_for_update(of=("self",)).get(pk=event.pk)
    return row if is_same(row, event) else None
