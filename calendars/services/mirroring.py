"""Keeping the mirror: each connected calendar is read every few minutes, and at once when somebody has said that it changed.

One process reads a connection at a time, under its mirror's lease; whoever asks meanwhile leaves word, and it is read once
more (lesson 51). A vendor is asked between two short transactions; what it said is written only while the lease is ours.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Case, F, Q, When

from calendars.models import BusyTime, CalendarConnection, Mirror, MirroredCalendar, Status
from calendars.services.channels import note_silence
from calendars.services.outside import look_at_ours
from calendars.services.tokens import with_access
from calendars.vendors import vendor_named
from calendars.vendors.base import Access, CalendarChanges, CalendarError, CursorGone, RateLimited, Rejected
from findr import clock
from findr.outbox import leases, sweeps
from findr.outbox.jobs import promise
from findr.saving import save
from findr.transactions import durable

logger = logging.getLogger(__name__)

# What is kept reaches so far beyond the days that can be booked, and is read anew when less than the second is left.
MARGIN, RESERVE = timedelta(days=14), timedelta(days=3)
PAST = timedelta(days=1)
# A calendar's turn comes so many seconds before the period is over: the job comes by every ten, and reads for a while.
CLOCKWORK_SECONDS = 15.0
# After so many readings in a row whose cursor was not known any more, only the clock has a calendar read.
MAX_RESTARTS = 3
NOT_THE_CALENDARS_FAULT = (CursorGone, RateLimited)


@dataclass(frozen=True)
class _Answer:
    """What the vendor said of one calendar.

    Attributes:
        window: what was read from the beginning; None if these are changes.
        restarts: as `MirroredCalendar.restarts` is to be.
    """

    changes: CalendarChanges
    read_at: datetime
    window: tuple[datetime, datetime] | None
    restarts: int


def due_mirrors() -> list[UUID]:
    """Connections that are to be read now. Mirrors come and go here with what is connected."""
    Mirror.objects.exclude(connection__status=Status.ACTIVE).delete()
    new = CalendarConnection.objects.filter(status=Status.ACTIVE, mirror=None).values_list("pk", flat=True)
    now = clock.now()
    Mirror.objects.bulk_create([Mirror(pk=pk, claimed_until=now) for pk in new], ignore_conflicts=True)
    return sweeps.due(Mirror.objects.all())


def ask_to_read(connection_id: UUID) -> None:
    """Have a connection read soon: at once, or as soon as the reading that is under way is over. In a transaction.

    Asked again before that has begun, nothing is added. What only the clock has read is left alone.
    """
    at_once = Case(When(lease_token=None, then=clock.now()), default=F("claimed_until"))
    rows = Mirror.objects.filter(pk=connection_id, is_asked=False, backoff_step=0)
    if rows.update(is_asked=True, claimed_until=at_once):
        promise("calendars.read_mirror", connection_id=str(connection_id))


def read_mirror(connection_id: UUID) -> None:
    """Bring one connection's mirror up to date, unless somebody is at it, or it was read and nobody has asked since."""
    rows = Mirror.objects.select_related("connection__provider").filter(pk=connection_id)
    mirror = leases.claim(rows, seconds=settings.CALENDAR_MIRROR_LEASE_SECONDS, is_asked=False)
    if mirror is None:
        return
    try:
        for row in _calendars(mirror):
            _record(mirror, row, _read(mirror.connection, row))
    except CalendarError as error:
        _hand_back_after(mirror, error)
    else:
        _hand_back(mirror)


def _calendars(mirror: Mirror) -> Iterable[MirroredCalendar]:
    """Those that are read for conflicts by now; the copies of others are thrown away."""
    wanted = mirror.connection.conflict_calendars
    mirror.calendars.exclude(calendar__in=wanted).delete()
    rows = [MirroredCalendar(mirror=mirror, calendar=calendar) for calendar in wanted]
    MirroredCalendar.objects.bulk_create(rows, ignore_conflicts=True)
    return list(mirror.calendars.order_by("pk"))


# --- At the vendor ------------------------------------------------------------------------------------------------------
def _read(connection: CalendarConnection, row: MirroredCalendar) -> _Answer:
    now, restarts = clock.now(), row.restarts
    if _goes_on(connection, row, now):
        try:
            return _Answer(_changes(connection, row), now, None, restarts=0)
        except (CursorGone, Rejected) as error:
            logger.info("A calendar of %s is read from the beginning: %s", connection.pk, error)
            restarts = min(restarts + 1, MAX_RESTARTS)
    window = (now - PAST, now + _horizon(connection) + MARGIN)
    return _Answer(_everything(connection, row, *window), now, window, restarts)


def _goes_on(connection: CalendarConnection, row: MirroredCalendar, now: datetime) -> bool:
    """Whether it is enough to read what has changed: a window stays as it was first read (lesson 48)."""
    return bool(row.cursor and row.ends and row.ends >= now + _horizon(connection) + RESERVE)


def _horizon(connection: CalendarConnection) -> timedelta:
    return timedelta(days=connection.provider.maximum_advance_days)


def _changes(connection: CalendarConnection, row: MirroredCalendar) -> CalendarChanges:
    vendor = vendor_named(connection.vendor)

    def ask(access: Access, left: float) -> CalendarChanges:
        return vendor.read_changes(access, row.calendar, row.cursor, seconds=left)

    return with_access(
        connection, ask, seconds=settings.CALENDAR_READ_SECONDS, expected=(*NOT_THE_CALENDARS_FAULT, Rejected)
    )


def _everything(
    connection: CalendarConnection, row: MirroredCalendar, start: datetime, end: datetime
) -> CalendarChanges:
    vendor = vendor_named(connection.vendor)

    def ask(access: Access, left: float) -> CalendarChanges:
        return vendor.read_events(access, row.calendar, start, end, seconds=left)

    return with_access(connection, ask, seconds=settings.CALENDAR_READ_SECONDS, expected=NOT_THE_CALENDARS_FAULT)


# --- In the database ----------------------------------------------------------------------------------------------------
@durable("a calendar was read")
def _record(mirror: Mirror, row: MirroredCalendar, answer: _Answer) -> None:
    if not Mirror.objects.select_for_update(of=("self",)).filter(pk=mirror.pk, lease_token=mirror.lease_token).exists():
        return  # Somebody else reads it by now, or it was disconnected.
    starts, ends = answer.window or (row.starts, row.ends)
    assert starts  # noqa: S101  changes are read of what was read before
    assert ends  # noqa: S101
    busy = {
        event.id: BusyTime(
            calendar=row,
            event_id=event.id,
            series_id=event.series_id,
            start=event.busy.start,
            end=event.busy.end,
        )
        for event in answer.changes.events
        if event.busy and event.busy.start < ends and event.busy.end > starts
    }
    if answer.changes.events and answer.window is None:
        note_silence(row)
    look_at_ours(row, {event.id: event.busy for event in answer.changes.events}, whole=answer.window)
    _forget(row, answer, kept=busy)
    BusyTime.objects.bulk_create(
        busy.values(),
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["calendar", "event_id"],
        update_fields=["series_id", "start", "end"],
    )
    save(
        row,
        cursor=answer.changes.cursor,
        starts=starts,
        ends=ends,
        read_at=answer.read_at,
        restarts=answer.restarts,
    )


def _forget(row: MirroredCalendar, answer: _Answer, *, kept: Iterable[str]) -> None:
    """What is over; and what changed to something that is not kept, or was not seen where everything was (lesson 50)."""
    over = Q(end__lte=answer.read_at - PAST)
    if answer.window:
        gone = ~Q(event_id__in=list(kept))
    else:
        others = [event.id for event in answer.changes.events if event.id not in set(kept)]
        gone = Q(event_id__in=others) | Q(series_id__in=others)
    row.busy_times.filter(over | gone).delete()


@durable("a mirror was read")
def _hand_back(mirror: Mirror) -> None:
    row = _still_ours(mirror)
    if row is None:
        return
    strained = row.calendars.filter(restarts__gte=MAX_RESTARTS).exists()
    again = row.is_asked and not strained
    wait = timedelta(0) if again else _pause()
    save(row, backoff_step=int(strained), **leases.handed_back(clock.now() + wait))
    if again:
        promise("calendars.read_mirror", connection_id=str(row.pk))


def _pause() -> timedelta:
    """Until its next turn: it is to be read again within `CALENDAR_POLL_SECONDS`."""
    period = settings.CALENDAR_POLL_SECONDS
    return timedelta(seconds=period - min(CLOCKWORK_SECONDS, period / 2))


@durable("a mirror could not be read")
def _hand_back_after(mirror: Mirror, error: CalendarError) -> None:
    row = _still_ours(mirror)
    if row is None:
        return
    first, cap = settings.CALENDAR_RETRY_SECONDS, settings.CALENDAR_POLL_SECONDS
    changes = leases.failed(row, first=first, cap=cap)
    if isinstance(error, RateLimited):
        changes["claimed_until"] = clock.now() + timedelta(seconds=error.retry_after)
    save(row, **changes)


def _still_ours(mirror: Mirror) -> Mirror | None:
    row = Mirror.objects.select_for_update(of=("self",)).filter(pk=mirror.pk).first()
    return row if row and leases.is_same(row, mirror) else None
