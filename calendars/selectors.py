"""Questions that other apps put to the practices' calendars."""

import time
from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils.module_loading import import_string

from calendars.models import CalendarConnection, CalendarEvent, Outside, Status, SyncState
from calendars.models.connection import CONNECTED
from calendars.reading import CalendarAnswer, CalendarReader, Reading
from findr import clock
from findr.postgresql.compiled_queries import compiled
from findr.postgresql.statements import fetch


def live_reading(
    provider_id: UUID,
    member_id: UUID | None,
    start: datetime,
    end: datetime,
    *,
    seconds: float,
    may_have_one: bool = True,
    before_asking: Callable[[], object] | None = None,
) -> Reading:
    """Ask the calendar that speaks for this lane about exactly [start, end), now, within `seconds` of wall clock.

    Args:
        member_id: whose time it would be; None if it is the practice's.
        may_have_one: False: it is known that nobody of the practice has a calendar.
        before_asking: run if there is a calendar, before it is asked; whatever it raises is raised, and nobody is asked.
    """
    reader = _reader()
    read_at, began = clock.now(), time.monotonic()
    connection = reader.connection_of(provider_id, member_id, may_have_one=may_have_one)
    if connection is None:
        return Reading(CalendarAnswer.NOT_CONNECTED, read_at, took_ms=0)
    if before_asking:
        before_asking()
    look = reader.look(connection, start, end, seconds=seconds)
    took_ms = round((time.monotonic() - began) * 1000)
    return Reading(look.answer, read_at, took_ms, vendor=look.vendor, error=look.error)


def connection_of(provider_id: UUID, member_id: UUID | None) -> CalendarConnection | None:
    """The connection that a lane reads and writes: its team member's, else the practice's (contract 17)."""
    found = _connections(provider_id, member_id)
    return found[0] if found else None


@compiled
def _connections(provider_id: UUID, member_id: UUID | None) -> QuerySet[CalendarConnection, CalendarConnection]:
    own_or_the_practices = Q(member_id=None) | Q(member_id=member_id)
    connected = CalendarConnection.objects.filter(own_or_the_practices, provider_id=provider_id, status__in=CONNECTED)
    return connected.order_by(F("member_id").asc(nulls_last=True))[:1]


def is_connected(provider_id: UUID, member_id: UUID | None = None) -> bool:
    """Whether the practice has a calendar connected and chosen, for those who show it, and where none may be asked."""
    return _reader().connection_of(provider_id, member_id) is not None


def sync_statuses(booking_ids: Collection[UUID]) -> dict[UUID, str]:
    """How far the calendars have these visits: `pending`, `synced`, `failed`, `deleted`; one without an event is left out."""
    rows = fetch(_EVENTS, {"bookings": list(booking_ids)})
    return {
        booking_id: sync_status(SyncState(state), is_wanted=is_wanted, outside=outside)
        for booking_id, state, is_wanted, outside in rows
    }


# Written out: each answer to a practice asks it.
_EVENTS = "SELECT booking_id, state, wanted, outside FROM calendars_calendarevent WHERE booking_id = ANY(%(bookings)s)"


def sync_status(state: SyncState, *, is_wanted: bool, outside: str) -> str:
    """`calendarSyncStatus` (contract 7)."""
    match state:
        case SyncState.PENDING:
            return "pending"
        case SyncState.SYNCED:
            return _OUTSIDE[outside] if is_wanted else "deleted"
        case SyncState.FAILED | SyncState.LOST:
            return "failed"


# What was moved by hand is not in the calendar as it should be; what was deleted by hand is not in it.
_OUTSIDE = {"": "synced", Outside.MOVED: "failed", Outside.DELETED: "deleted"}


def event_of(booking_id: UUID) -> CalendarEvent | None:
    """The event that stands for a visit, with its connection; None if it has none."""
    return CalendarEvent.objects.select_related("connection").filter(booking_id=booking_id).first()


def to_connect_again() -> QuerySet[CalendarConnection]:
    """Connections whose grant is dead."""
    return CalendarConnection.objects.filter(status=Status.NEEDS_REAUTH)


def wrong_events() -> QuerySet[CalendarEvent]:
    """Events of visits to come that are not in their calendar as they should be: failing, out of reach, or changed by hand."""
    is_wrong = Q(state__in=(SyncState.FAILED, SyncState.LOST)) | ~Q(outside="")
    return CalendarEvent.objects.filter(is_wrong, end__gt=clock.now())


def _reader() -> CalendarReader:
    reader: CalendarReader = import_string(settings.CALENDAR_READER)()
    return reader
