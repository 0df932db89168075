"""At which times a practice is expected, or may come to be: visits, requests, and the times that it has suggested."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, UUIDField, Value
from django.db.models.functions import Cast

from bookings.models import Booking, SuggestedTime
from bookings.selectors.filters import LONGEST_VISIT
from bookings.states import State
from findr import clock


@dataclass(frozen=True)
class BookedTime:
    """One such time, without the break after it.

    Attributes:
        member_id: who of the team is expected; None is the practice.
        suggestion_id: which suggested time it is; None is the booking's own time.
    """

    booking_id: UUID
    provider_id: UUID
    member_id: UUID | None
    start: datetime
    end: datetime
    suggestion_id: UUID | None


def booked_times(start: datetime | None = None, end: datetime | None = None, **where: Any) -> Iterator[BookedTime]:
    """Those in [start, end) that are not over, lane by lane; in one statement.

    A visit counts until the patient has checked in, and a checkout once its money is held; a reservation is over in five
    minutes. A request for which other times were suggested counts with these: the practice has dealt with the first.

    Args:
        where: of which bookings, as conditions on `Booking`; of all practices' if there are none.
    """
    since = max(start, clock.now()) if start else clock.now()
    own = Booking.objects.filter(secured_at__isnull=False, **where)
    visits = own.filter(state=State.CONFIRMED, start__gt=since - LONGEST_VISIT)
    # A constraint has it that whatever waits, and nothing else, has a deadline: the indexes are of those alone.
    waiting = own.filter(state__in=[State.PENDING_CONFIRMATION, State.CONFIRMING], expires_at__isnull=False)
    suggested = SuggestedTime.objects.filter(
        closed_at=None,
        booking__state=State.RESCHEDULE_PROPOSED,
        booking__expires_at__isnull=False,
        **{f"booking__{name}": value for name, value in where.items()},
    )
    none = Cast(Value(None), UUIDField())
    columns = ("id", "provider_id", "team_member_id", "start", "end")
    of_booking = ("booking_id", "booking__provider_id", "booking__team_member_id", "start", "end", F("id"))
    between = Q(end__gt=since, start__lt=end) if end else Q(end__gt=since)
    own_times = [rows.filter(between).order_by().values_list(*columns, none) for rows in (visits, waiting)]
    rows = own_times[0].union(own_times[1], suggested.filter(between).order_by().values_list(*of_booking), all=True)
    return (BookedTime(*row) for row in rows.order_by("provider_id", "team_member_id"))
