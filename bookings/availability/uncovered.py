"""What stands in a practice's book outside its hours, or in somebody's time off: nothing is cancelled for that, and nothing is
forgotten. The rule is `Opening.covers`, by which free times are listed and verified, too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from bookings.availability.booked import BookedTime, booked_times
from bookings.availability.hours import openings_of
from bookings.availability.opening import Openings
from bookings.availability.visit_time import VisitTime
from findr import clock
from providers.models import Provider


@dataclass(frozen=True)
class Uncovered(BookedTime):
    """A booked time that is not covered.

    Attributes:
        is_within_hours: then it lies in time off, the practice's or the member's.
    """

    is_within_hours: bool


def uncovered(provider: Provider, start: datetime, end: datetime | None = None) -> list[Uncovered]:
    """What of a practice's book in [start, end) its hours and time off do not cover as they stand, soonest first.

    What is over is not looked at, however early `start` is. Two statements, however much there is.

    Args:
        end: None is all that is to come.
    """
    openings = openings_of([provider.id], max(start, clock.now()), end)
    return _not_covered(booked_times(start, end, provider=provider), openings)


def uncovered_among(**where: Any) -> list[Uncovered]:
    """The same of the bookings that meet these conditions on `Booking`, of whichever practices; two statements as well."""
    times = list(booked_times(**where))
    practices = [practice for practice, _ in groupby(times, key=attrgetter("provider_id"))]
    return _not_covered(times, openings_of(practices, clock.now())) if times else []


def uncovered_bookings() -> set[UUID]:
    """The bookings of all practices of which a time is not covered."""
    return {one.booking_id for one in uncovered_among()}


def openings_to_come(provider_id: UUID) -> Openings:
    """When a practice and its people are there from now on, as it stands in this transaction."""
    return openings_of([provider_id], clock.now())[provider_id]


def uncovered_since(provider_id: UUID, before: Openings) -> list[Uncovered]:
    """What was covered before the hours and time off were changed, and is no more; soonest first.

    Asked in the transaction that changes them, which may yet be given up. Where nothing has changed the book is not read.
    """
    now = openings_to_come(provider_id)
    if now == before:
        return []
    times = list(booked_times(provider=provider_id))
    were = {(one.booking_id, one.suggestion_id) for one in _not_covered(times, {provider_id: before})}
    return [one for one in _not_covered(times, {provider_id: now}) if (one.booking_id, one.suggestion_id) not in were]


def _not_covered(times: Iterable[BookedTime], openings: Mapping[UUID, Openings]) -> list[Uncovered]:
    found = []
    for (practice, member), of_lane in groupby(times, key=attrgetter("provider_id", "member_id")):
        opening = openings[practice].of(member)
        for one in of_lane:
            visit = VisitTime.of(one.start, one.end - one.start, opening.zone)
            if not opening.covers(visit):
                found.append(Uncovered(**vars(one), is_within_hours=opening.is_within_hours(visit)))
    return sorted(found, key=attrgetter("start", "booking_id"))
