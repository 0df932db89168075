"""What the week says of each thing in it: when, what, whose, and until when it waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bookings import deadlines
from bookings.admin.formatting import plain
from bookings.admin.week.clocks import ClockDay, WallStretch
from bookings.availability.schedule import Lane
from bookings.availability.week import Entry, Kind
from bookings.models import Booking
from bookings.states import State
from findr import clock
from providers.admin_times import day_of
from providers.wall_times import clock_face, exact_face

UNCOVERED = "Uncovered: outside the hours, or in time off, as they are now"

# In the order in which the legend explains them.
KINDS = {
    Kind.VISIT: "Visit",
    Kind.REQUEST: "Request",
    Kind.SUGGESTION: "Suggested time",
    Kind.CHECKOUT: "Checkout",
    Kind.RESERVATION: "Reserved",
    Kind.TIME_OFF: "Time off",
    Kind.BUSY: "Busy",
}
_WAITS_FOR = {State.PENDING_CONFIRMATION: "the practice", State.RESCHEDULE_PROPOSED: "the patient"}


def short_day(there: datetime) -> str:
    """`Tue, Mar 3`"""
    return f"{there:%a, %b} {there.day}"


@dataclass(frozen=True)
class When:
    """`2:00 PM` to `2:30 PM`, under the heading of its day; what is on several days says which, and has no `day`."""

    day: str
    since: str
    until: str


def when(start: datetime, end: datetime, zone: ZoneInfo) -> When:
    """When something is, on the practice's clock."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date():
        return When(short_day(first), exact_face(first), exact_face(last))
    return When("", _moment(start, zone), _moment(end, zone))


def what_of(entry: Entry) -> str:
    """`Request`; of a visit, how far it has got."""
    if entry.kind == Kind.VISIT and entry.booking and entry.booking.state != State.CONFIRMED:
        return f"Visit, {plain(entry.booking.state)}"
    return KINDS[entry.kind]


def about(entry: Entry, everybody: int, zone: ZoneInfo) -> list[str]:
    """Whose it is, what is done, with whom, until when it waits: as far as there is anything to say.

    Args:
        everybody: how many lanes the picture shows.
    """
    whose = "everybody" if len(entry.lanes) == everybody > 1 else ", ".join(lane.name for lane in entry.lanes)
    if entry.booking is None:
        told = [whose] if everybody > 1 else []
        return [*told, f"kept until {_moment(entry.until, zone)}"] if entry.until else told
    told = [f"of {entry.booking.patient}", entry.booking.service_name]
    if everybody > 1:
        told.append(f"with {whose}")
    return [*told, *_deadline(entry.booking, zone)]


def _deadline(booking: Booking, zone: ZoneInfo) -> list[str]:
    if booking.expires_at is None:
        return []
    when = _moment(booking.expires_at, zone)
    if deadlines.is_overdue(booking, clock.now()):
        return [f"overdue since {when}"]
    waits_for = _WAITS_FOR.get(State(booking.state))
    return [f"waits for {waits_for} until {when}" if waits_for else f"until {when} at the latest"]


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    there = moment.astimezone(zone)
    return f"{short_day(there)}, {exact_face(there)}"


def title_of(days: Sequence[ClockDay], zone: ZoneInfo) -> str:
    """`Mon, Mar 2, 2026 to Sun, Mar 8, 2026`"""
    first, last = (datetime.combine(day.date, datetime.min.time(), zone) for day in (days[0], days[-1]))
    return f"{day_of(first)} to {day_of(last)}"


def clocks_note(day: ClockDay) -> str:
    """What the clocks do on that day; blank if nothing."""
    if day.skipped:
        return f"The clocks go forward: {_wall(day.skipped)} is skipped."
    return f"The clocks go back: {_wall(day.repeated)} comes twice." if day.repeated else ""


def _wall(stretch: WallStretch) -> str:
    first, last = (datetime(2000, 1, 1, one // 60 % 24, one % 60) for one in (stretch.start, stretch.end))  # noqa: DTZ001
    return f"{clock_face(first)} to {clock_face(last)}"


def unread(lanes: Sequence[Lane]) -> str:
    """Whose calendars say nothing; blank if all do that there are."""
    names = ", ".join(lane.name for lane in lanes)
    return f"Busy times are not shown for {names}: the calendar was not read lately, or is not asked." if names else ""
