"""What the week says of each thing in it: what it is, whose, and until when it waits."""

from zoneinfo import ZoneInfo

from bookings import deadlines
from bookings.admin.formatting import plain
from bookings.admin.week.when import day_and_time
from bookings.availability.entries import Entry, Kind
from bookings.models import Booking
from bookings.states import State
from findr import clock

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
        return [*told, f"kept until {day_and_time(entry.until, zone)}"] if entry.until else told
    told = [f"of {entry.booking.patient}", entry.booking.service_name]
    if everybody > 1:
        told.append(f"with {whose}")
    return [*told, *_deadline(entry.booking, zone)]


def _deadline(booking: Booking, zone: ZoneInfo) -> list[str]:
    if booking.expires_at is None:
        return []
    when = day_and_time(booking.expires_at, zone)
    if deadlines.is_overdue(booking, clock.now()):
        return [f"overdue since {when}"]
    waits_for = _WAITS_FOR.get(State(booking.state))
    return [f"waits for {waits_for} until {when}" if waits_for else f"until {when} at the latest"]
