"""What the mirror says of the lanes of a practice: two statements, however many lanes and calendars there are."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, Subquery

from calendars.models import BusyTime, CalendarConnection, CalendarEvent, Status
from calendars.models.connection import CONNECTED
from calendars.reading import LaneCalendar
from findr import clock
from findr.postgresql.seconds import Seconds

# What was read longer ago does not count (contract 16.1).
FRESH = timedelta(minutes=10)

# In seconds since 1970: see `LaneCalendar`.
Stretch = tuple[float, float]


@dataclass
class _Connection:
    """A connection, and what its mirror says.

    Attributes:
        calendars: the ids of its mirrored calendars; None unless every one that is read for conflicts was read lately.
        busy: each stretch, with the lane that it was written for if it is a visit's.
    """

    calendars: list[int] | None
    busy: list[tuple[Stretch, UUID | None]] = field(default_factory=list)


def calendars_of_lanes(
    provider_id: UUID, member_ids: Collection[UUID | None], start: datetime, end: datetime
) -> list[LaneCalendar]:
    """What is known of each of these lanes' calendars over [start, end); None is the practice's own lane.

    A lane reads its member's connection, else the practice's (contract 17). What we wrote there for another lane does not
    count in this one (contract 16.1).
    """
    connections = _connections(provider_id, end)
    _read_busy_times(connections, provider_id, start, end)
    lanes = [(member_id or provider_id, connections.get(member_id, connections.get(None))) for member_id in member_ids]
    return [_of_lane(lane, connection) for lane, connection in lanes]


def _of_lane(lane: UUID, connection: _Connection | None) -> LaneCalendar:
    if connection is None or connection.calendars is None:
        return LaneCalendar(is_connected=connection is not None)
    busy = [stretch for stretch, written_for in connection.busy if written_for in (None, lane)]
    return LaneCalendar(is_connected=True, busy=busy)


_COLUMNS = (
    *("member_id", "status", "conflict_calendars", "provider__maximum_advance_days"),
    *("mirror__calendars__id", "mirror__calendars__calendar", "mirror__calendars__read_at", "mirror__calendars__ends"),
)


def _connections(provider_id: UUID, end: datetime) -> dict[UUID | None, _Connection]:
    """By the team member whose they are; None: the practice's. Of a dead grant's nothing is known, however new it is."""
    now = clock.now()
    rows = CalendarConnection.objects.filter(provider_id=provider_id, status__in=CONNECTED).order_by()
    found: dict[UUID | None, _Connection] = {}
    wanted: dict[UUID | None, set[str]] = {}
    for member_id, status, conflicts, days, identity, calendar, read_at, ends in rows.values_list(*_COLUMNS):
        connection = found.setdefault(member_id, _Connection([] if status == Status.ACTIVE else None))
        missing = wanted.setdefault(member_id, set(conflicts))
        last = min(end, now + timedelta(days=days))  # Nobody books beyond it.
        if connection.calendars is not None and read_at and read_at >= now - FRESH and ends >= last:
            connection.calendars.append(identity)
            missing.discard(calendar)
    for member_id in (one for one, missing in wanted.items() if missing):
        found[member_id].calendars = None
    return found


def _read_busy_times(
    connections: dict[UUID | None, _Connection], provider_id: UUID, start: datetime, end: datetime
) -> None:
    by_calendar = dict(_by_calendar(connections.values()))
    # None of ours has a blank id there; that it is said has PostgreSQL take the index of those that have one.
    visits = CalendarEvent.objects.filter(vendor_id=OuterRef("event_id"), connection__provider_id=provider_id)
    visits = visits.exclude(vendor_id="")
    rows = BusyTime.objects.filter(calendar__in=by_calendar, start__lt=end, end__gt=start)
    rows = rows.annotate(written_for=Subquery(visits.order_by().values("lane")[:1]))
    for calendar, begins, ends, written_for in rows.values_list(
        "calendar_id", Seconds("start"), Seconds("end"), "written_for"
    ):
        by_calendar[calendar].busy.append(((begins, ends), written_for))


def _by_calendar(connections: Collection[_Connection]) -> Iterator[tuple[int, _Connection]]:
    for connection in connections:
        for calendar in connection.calendars or ():
            yield calendar, connection
