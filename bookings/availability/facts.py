"""Reading what is known of a practice's lanes over a stretch of time: a few statements, however much there is."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from bookings.availability.hours import openings_of
from bookings.availability.intervals import Interval, Intervals
from bookings.availability.schedule import Lane, Schedule
from bookings.models import Reservation, TimeHold
from bookings.policies import notice_of
from bookings.selectors.filters import LONGEST_VISIT
from calendars.busy_times import calendars_of_lanes
from findr import clock
from findr.postgresql.seconds import Seconds
from findr.switches import Switch, is_on
from providers.models import Provider, TeamMember
from providers.selectors import bookable_members


def lanes_of(provider: Provider) -> list[Lane]:
    """The team members who take bookings, by name; the practice itself if there are none (contract 16.1)."""
    return [lane_of(member) for member in bookable_members(provider)] or [own_lane(provider)]


def every_lane(provider: Provider) -> list[Lane]:
    """The practice's own, and that of each team member, by name, whether or not they take bookings: all that may hold a visit."""
    return [own_lane(provider), *(lane_of(member) for member in provider.team_members.all())]


def lane_of(member: TeamMember) -> Lane:
    """The time of somebody of the team."""
    return Lane(member.id, member.id, member.name, member.title or None)


def own_lane(provider: Provider) -> Lane:
    """The practice's own time, where nobody is named."""
    return Lane(provider.id, None, provider.practice_name, None)


def schedules_of(
    provider: Provider, lanes: Collection[Lane], start: datetime, end: datetime, *, patient_id: UUID | None = None
) -> list[Schedule]:
    """What is known of these lanes, as far as it concerns visits that begin in [start, end).

    Args:
        patient_id: who asks: what they have reserved themselves is not taken from them.
    """
    buffer = timedelta(minutes=provider.buffer_minutes)
    end += LONGEST_VISIT + buffer
    openings = openings_of([provider.id], start, end)[provider.id]
    taken = _taken(lanes, start, end, patient_id)
    calendars = calendars_of_lanes(provider.id, [lane.member_id for lane in lanes], start, end)
    asks_calendars = is_on(Switch.CALENDAR_CHECKS) and is_on(Switch.INSTANT_BOOKING)
    return [
        Schedule(
            lane=lane,
            opening=openings.of(lane.member_id),
            notice=notice_of(provider),
            buffer=buffer,
            taken=Intervals(taken[lane.id]),
            is_connected=calendar.is_connected,
            busy=Intervals(calendar.busy) if asks_calendars and calendar.busy is not None else None,
        )
        for lane, calendar in zip(lanes, calendars, strict=True)
    ]


def _taken(
    lanes: Collection[Lane], start: datetime, end: datetime, patient_id: UUID | None
) -> dict[UUID | None, list[Interval]]:
    standing = standing_holds(lanes, start, end)
    if patient_id:
        standing = standing.exclude(owner__in=Reservation.objects.filter(patient=patient_id).values("owner"))
    return _grouped(standing.values_list("lane", Seconds("during__startswith"), Seconds("during__endswith")))


def standing_holds(lanes: Collection[Lane], start: datetime, end: datetime) -> QuerySet[TimeHold]:
    """What is taken of these lanes in [start, end), by whoever; what has lapsed is taken from nobody."""
    rows = TimeHold.objects.filter(lane__in=[lane.id for lane in lanes], during__overlap=(start, end))
    return rows.exclude(lapses_at__lte=clock.now())


def _grouped(rows: Iterable[tuple[UUID | None, float, float]]) -> dict[UUID | None, list[Interval]]:
    found: dict[UUID | None, list[Interval]] = defaultdict(list)
    for whose, start, end in rows:
        found[whose].append((start, end))
    return found
