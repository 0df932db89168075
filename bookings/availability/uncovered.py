"""What stands in a practice's book and lies outside its hours, or in somebody's time off: nothing is cancelled for that, and
nothing is forgotten (lesson 58). The rule is `Opening.covers`, by which the free times are listed, too."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet, UUIDField, Value
from django.db.models.functions import Cast

from bookings.availability.opening import Openings, openings_of
from bookings.models import Booking, SuggestedTime
from bookings.selectors.filters import LONGEST_VISIT
from bookings.states import State
from findr import clock
from providers.models import Provider


@dataclass(frozen=True)
class BookedTime:
    """A time at which somebody expects the practice, or may come to: a visit, a request, or a time that was suggested.

    Attributes:
        member_id: who of the team is expected; None is the practice.
        start, end: of the visit, without the break after it.
        suggestion_id: which suggested time it is; None is the booking's own time.
    """

    booking_id: UUID
    provider_id: UUID
    member_id: UUID | None
    start: datetime
    end: datetime
    suggestion_id: UUID | None


def uncovered(provider: Provider, start: datetime, end: datetime | None = None) -> list[BookedTime]:
    """What of a practice's book in [start, end) its hours and time off do not cover as they stand, soonest first.

    What is over is not looked at, however early `start` is. Three statements, however much there is.

    Args:
        end: None is all that is to come.
    """
    openings = openings_of({provider.id: provider.zone}, max(start, clock.now()), end)
    return not_covered(booked_times(provider.id, start, end), openings)


def not_covered(times: Iterable[BookedTime], openings: dict[UUID, Openings]) -> list[BookedTime]:
    """Those that the openings of their practices do not cover, soonest first; openings as they are, were or would be."""
    found = [one for one in times if not openings[one.provider_id].of(one.member_id).covers(one.start, one.end)]
    return sorted(found, key=lambda one: (one.start, one.booking_id))


def uncovered_bookings() -> set[UUID]:
    """The bookings of all practices of which a time is not covered; four statements."""
    times = list(booked_times())
    practices = Provider.objects.filter(id__in={one.provider_id for one in times}).order_by()
    zones = {practice: ZoneInfo(zone) for practice, zone in practices.values_list("id", "timezone")}
    return {one.booking_id for one in not_covered(times, openings_of(zones, clock.now()))}


def booked_times(
    provider_id: UUID | None = None, start: datetime | None = None, end: datetime | None = None
) -> Iterator[BookedTime]:
    """Visits and requests that are not over, in [start, end), of one practice or of all; in one statement.

    A visit counts until the patient has checked in. A request for which other times were suggested counts with these: the
    practice has dealt with the first. A checkout counts once its money is held, and a reservation is over in five minutes.
    """
    since = max(start, clock.now()) if start else clock.now()
    own = Booking.objects.filter(secured_at__isnull=False)
    suggested = SuggestedTime.objects.filter(
        closed_at=None, booking__state=State.RESCHEDULE_PROPOSED, booking__expires_at__isnull=False
    )
    if provider_id:
        own, suggested = own.filter(provider=provider_id), suggested.filter(booking__provider=provider_id)
    # A constraint has it that whatever waits, and nothing else, has a deadline: the indexes are of those alone.
    waiting = own.filter(state__in=[State.PENDING_CONFIRMATION, State.CONFIRMING], expires_at__isnull=False)
    visits = own.filter(state=State.CONFIRMED, start__gt=since - LONGEST_VISIT)
    columns = ("id", "provider_id", "team_member_id", "start", "end")
    none = Cast(Value(None), UUIDField())
    parts = [_between(part, since, end).values_list(*columns, none) for part in (visits, waiting)]
    of_booking = ("booking_id", "booking__provider_id", "booking__team_member_id", "start", "end", F("id"))
    rows = parts[0].union(parts[1], _between(suggested, since, end).values_list(*of_booking), all=True)
    return (BookedTime(*row) for row in rows)


def _between(rows: QuerySet[Any], since: datetime, end: datetime | None) -> QuerySet[Any]:
    found = rows.filter(end__gt=since).order_by()
    return found.filter(start__lt=end) if end is not None else found
