"""What fills a practice's lanes over some days, thing by thing, for those who look at it as a whole."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from bookings.availability.entries import Entry, Kind
from bookings.availability.facts import schedules_of, standing_holds
from bookings.availability.intervals import Interval, Intervals
from bookings.availability.schedule import Lane, Schedule
from bookings.availability.uncovered import uncovered
from bookings.models import Booking, SuggestedTime, TimeHold
from bookings.selectors.filters import LONGEST_VISIT
from bookings.selectors.visibility import bookings_of_provider
from bookings.states import LIVE, WAITING, State
from providers.models import Provider


@dataclass(frozen=True)
class Stretch:
    """Some days of a practice.

    Attributes:
        schedules: of each lane, as availability knows it.
        entries: in the order in which they begin.
    """

    schedules: list[Schedule]
    entries: list[Entry]


def stretch_of(provider: Provider, lanes: Collection[Lane], start: datetime, end: datetime) -> Stretch:
    """All that touches [start, end) in these lanes: a few statements, however much it is."""
    schedules = schedules_of(provider, lanes, start, end)
    by_id = {lane.id: lane for lane in lanes}
    holds = list(standing_holds(lanes, start, end))
    bookings = [*_bookings(provider, start, end), *_checkouts(provider, holds)]
    bare = {(one.booking_id, one.suggestion_id) for one in uncovered(provider, start, end)}
    entries = [
        *(_of_booking(one, by_id[one.lane], bare) for one in bookings if one.lane in by_id),
        *(_of_suggestion(one, by_id[one.booking.lane], bare) for one in _suggested(provider, start, end, by_id)),
        *(_of_reservation(hold, by_id[hold.lane]) for hold in holds if hold.kind == TimeHold.Kind.RESERVATION),
        *_of_lanes(Kind.TIME_OFF, schedules, lambda schedule: schedule.opening.away, start, end),
    ]
    visits = defaultdict(list)
    for entry in entries:
        if entry.kind == Kind.VISIT:
            visits[entry.lanes[0].id].append((entry.start.timestamp(), entry.end.timestamp()))

    def busy_beside_visits(schedule: Schedule) -> Iterable[Interval]:
        """A visit stands in the calendar too, as what we wrote there; it is not told twice."""
        return (schedule.busy or Intervals()).outside(Intervals(visits[schedule.lane.id]))

    entries += _of_lanes(Kind.BUSY, schedules, busy_beside_visits, start, end)
    return Stretch(schedules, sorted(entries, key=lambda entry: (entry.start, entry.end, entry.kind)))


def _bookings(provider: Provider, start: datetime, end: datetime) -> Iterable[Booking]:
    """Those that a practice sees and that have not come to nothing."""
    meant = bookings_of_provider(provider.id).filter(state__in=[*LIVE, State.COMPLETED, State.NO_SHOW])
    touching = meant.filter(start__lt=end, start__gt=start - LONGEST_VISIT, end__gt=start)
    return touching.select_related("patient", "team_member")


def _checkouts(provider: Provider, holds: Iterable[TimeHold]) -> Iterable[Booking]:
    """Those that hold some of the time already and are being paid for."""
    owners = [hold.owner for hold in holds if hold.kind != TimeHold.Kind.RESERVATION]
    unpaid = Booking.objects.filter(id__in=owners, provider=provider, state=State.PENDING_PAYMENT, secured_at=None)
    return unpaid.select_related("patient", "team_member")


def _suggested(provider: Provider, start: datetime, end: datetime, lanes: Collection[UUID]) -> Iterable[SuggestedTime]:
    waiting = bookings_of_provider(provider.id).filter(state__in=WAITING, expires_at__isnull=False)
    open_ones = SuggestedTime.objects.filter(booking__in=waiting, closed_at=None, start__lt=end, end__gt=start)
    found = open_ones.select_related("booking__patient", "booking__team_member")
    return [one for one in found if one.booking.lane in lanes]


_Bare = Collection[tuple[UUID, UUID | None]]


def _of_booking(booking: Booking, lane: Lane, bare: _Bare) -> Entry:
    if booking.state == State.PENDING_PAYMENT:
        kind = Kind.CHECKOUT
    else:
        kind = Kind.REQUEST if booking.state in WAITING else Kind.VISIT
    return Entry(kind, booking.start, booking.end, (lane,), booking, (booking.id, None) in bare)


def _of_suggestion(suggested: SuggestedTime, lane: Lane, bare: _Bare) -> Entry:
    booking = suggested.booking
    return Entry(Kind.SUGGESTION, suggested.start, suggested.end, (lane,), booking, (booking.id, suggested.id) in bare)


def _of_reservation(hold: TimeHold, lane: Lane) -> Entry:
    return Entry(Kind.RESERVATION, hold.during.lower, hold.during.upper, (lane,), until=hold.lapses_at)


def _of_lanes(
    kind: Kind,
    schedules: Iterable[Schedule],
    stretches: Callable[[Schedule], Iterable[Interval]],
    start: datetime,
    end: datetime,
) -> Iterator[Entry]:
    """One entry for each stretch, of all the lanes that have it."""
    found: dict[Interval, list[Lane]] = defaultdict(list)
    for schedule in schedules:
        for stretch in stretches(schedule):
            if stretch[0] < end.timestamp() and stretch[1] > start.timestamp():
                found[stretch].append(schedule.lane)
    return (Entry(kind, _moment(begins), _moment(ends), tuple(lanes)) for (begins, ends), lanes in found.items())


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
