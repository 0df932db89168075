"""A day's times, lane by lane, each with what stands against it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from bookings.availability.facts import schedules_of
from bookings.availability.grid import grid_of
from bookings.availability.schedule import Lane, Reason, Schedule, reason_against
from bookings.availability.visit_time import VisitTime
from findr import clock
from providers.models import Provider


@dataclass(frozen=True)
class Slot:
    """A time of the grid, in the provider zone; `reason` is None if it can be had."""

    start: datetime
    end: datetime
    reason: Reason | None


@dataclass(frozen=True)
class LaneDay:
    """A lane's day: every time of its grid, and what it is known by."""

    schedule: Schedule
    slots: list[Slot]

    @property
    def free(self) -> list[Slot]:
        """Those that can be had."""
        return [slot for slot in self.slots if slot.reason is None]


def day_of(provider: Provider, lanes: Collection[Lane], day: date, *, length: timedelta) -> list[LaneDay]:
    """Every grid time of these lanes on `day`, a date of the provider zone, for visits of `length`."""
    begins = datetime.combine(day, time.min, tzinfo=provider.zone)
    schedules = schedules_of(provider, lanes, begins, begins + timedelta(days=1, hours=2))
    return lane_days(provider, schedules, day, length=length)


def lane_days(provider: Provider, schedules: Sequence[Schedule], day: date, *, length: timedelta) -> list[LaneDay]:
    """Every grid time of `day` in each of the lanes of a practice, whose schedules cover it."""
    hours, now = schedules[0].opening.hours.get(day.weekday()), clock.now()
    step = timedelta(minutes=provider.slot_minutes)
    visits = list(grid_of(day, hours, provider.zone, step=step, length=length))
    return [LaneDay(one, [_slot(one, visit, now) for visit in visits]) for one in schedules]


def _slot(schedule: Schedule, visit: VisitTime, now: datetime) -> Slot:
    return Slot(visit.starts_at, visit.ends_at, reason_against(schedule, visit, now=now))


def first_available(days: Collection[LaneDay]) -> list[tuple[Slot, LaneDay]]:
    """Each start at which some lane is free, in order, with the first lane that is."""
    found: dict[datetime, tuple[Slot, LaneDay]] = {}
    for day in days:
        for slot in day.free:
            found.setdefault(slot.start, (slot, day))
    return [found[start] for start in sorted(found)]


def verify(
    provider: Provider, lane: Lane, start: datetime, *, length: timedelta, patient_id: UUID | None = None
) -> Reason | None:
    """What stands against one time, on the grid or not; None if it can be had."""
    (schedule,) = schedules_of(provider, [lane], start, start + length, patient_id=patient_id)
    return reason_against(schedule, VisitTime.of(start, length, provider.zone), now=clock.now())
