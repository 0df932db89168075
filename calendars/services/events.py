"""The events that stand for visits: what is wanted is written with the booking's change, a job makes the vendor's so.

Whatever is repeated, late or killed in the middle: each visit has one row, the row names the event at the vendor, and the
job writes what the row wants by then. So there is one event in the end, or none, and never two.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from calendars.models import CalendarConnection, CalendarEvent, Status, SyncState
from calendars.selectors import connection_of
from findr import clock
from findr.outbox.jobs import promise
from findr.outbox.leases import handed_back
from findr.saving import save_state
from findr.transactions import durable

NEUTRAL_TITLE = "findr visit"


@dataclass(frozen=True)
class Visit:
    """What a calendar may know of a booking: never who comes, nor why (lesson 30).

    Attributes:
        number: the booking's, for people to find it by.
        service_name: only shown if the calendar's owner wants it.
    """

    booking_id: UUID
    provider_id: UUID
    member_id: UUID | None
    number: str
    service_name: str
    start: datetime
    end: datetime
    timezone: str


def want_event(visit: Visit) -> bool:
    """The visit has become certain: its event is to be written, if its lane has a calendar. In the caller's transaction.

    Returns:
        Whether it has one.
    """
    connection = connection_of(visit.provider_id, visit.member_id)
    if connection is None:
        return False
    event = CalendarEvent.objects.create(
        booking_id=visit.booking_id,
        lane=visit.member_id or visit.provider_id,
        connection=connection,
        calendar=connection.target_calendar,
        start=visit.start,
        end=visit.end,
        timezone=visit.timezone,
        title=f"{NEUTRAL_TITLE}: {visit.service_name}" if connection.names_service else NEUTRAL_TITLE,
        description=f"Booking {visit.number}",
        claimed_until=clock.now(),
    )
    promise("calendars.sync_event", event_id=str(event.id))
    return True


def want_moved_event(visit: Visit) -> None:
    """The visit has another time. Its event moves in the calendar that it was written to (lesson 53); in the caller's transaction."""
    if event := _locked(visit.booking_id):
        _change(event, wanted=True, start=visit.start, end=visit.end)
    else:  # There was no calendar when it was confirmed; perhaps there is one now.
        want_event(visit)


def want_no_event(booking_id: UUID) -> None:
    """The visit does not take place: its event, if there is one, is to be deleted. In the caller's transaction."""
    if event := _locked(booking_id):
        _change(event, wanted=False)


@durable("an event is to be written again")
def write_again(event_id: UUID) -> bool:
    """Staff want an event written now, as it is wanted. False if its calendar is out of reach: nothing was done."""
    events = CalendarEvent.objects.select_for_update(of=("self",)).select_related("connection")
    event = events.get(pk=event_id)
    if not event.connection.is_reachable:
        return False
    _change(event)
    return True


def forget_service_names(connection: CalendarConnection) -> None:
    """Its owner does not want them shown: the events of visits to come are written anew. In the caller's transaction."""
    now = clock.now()
    named = (
        connection.events.filter(wanted=True, end__gt=now).exclude(title=NEUTRAL_TITLE).exclude(state=SyncState.LOST)
    )
    named.update(
        title=NEUTRAL_TITLE,
        state=SyncState.PENDING,
        version=F("version") + 1,
        backoff_step=0,
        last_error="",
        updated_at=now,
        **handed_back(now),
    )


def lose_events(connection: CalendarConnection) -> None:
    """Its tokens are gone: what is still to be done there must be done by hand. In the caller's transaction.

    Its owner is told which visits to come stand in that calendar; what is over is of no interest.
    """
    to_do = connection.events.filter(state__in=(SyncState.PENDING, SyncState.FAILED))
    to_do.update(state=SyncState.LOST, last_error=Status.DISCONNECTED, **handed_back(clock.now()))
    if out_of_reach(connection):
        promise("calendars.mail_events_out_of_reach", connection_id=str(connection.pk))


def resume_events(connection: CalendarConnection) -> None:
    """The account is connected again: what waits for it, and what was given up, is due now. In the caller's transaction."""
    waiting = connection.events.filter(state__in=(SyncState.PENDING, SyncState.FAILED, SyncState.LOST))
    waiting.update(state=SyncState.PENDING, backoff_step=0, **handed_back(clock.now()))


def out_of_reach(connection: CalendarConnection) -> list[CalendarEvent]:
    """Of a connection that has ended, the events of visits to come that may stand in its calendar (lesson 53)."""
    there = connection.events.filter(end__gt=clock.now()).exclude(vendor_id="", state=SyncState.SYNCED)
    return list(there.order_by("start"))


def _locked(booking_id: UUID) -> CalendarEvent | None:
    return CalendarEvent.objects.select_for_update(of=("self",)).filter(booking_id=booking_id).first()


def _change(event: CalendarEvent, **fields: object) -> None:
    """Another version of what is wanted, due now; whoever is writing the old one finds that out when it is done."""
    # Of a lease that somebody has: they look again before they hand it back, and if they died, it ends.
    due = {} if event.lease_token else {"claimed_until": clock.now()}
    version = event.version + 1
    save_state(event, SyncState.PENDING, **fields, **due, version=version, backoff_step=0, last_error="", outside="")
    promise("calendars.sync_event", event_id=str(event.id))
