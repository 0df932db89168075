"""How the staff console says things: times in the practice's own zone, money in full, states as coloured labels."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from bookings.models import Booking, Payment
from bookings.states import ANSWERABLE, ENDED, WAITING, PaymentState, State
from findr import clock
from providers.wall_times import clock_face

NOTHING = "-"

# Contract 11.1: how soon a request wants its answer.
_HIGH, _MEDIUM = timedelta(hours=4), timedelta(hours=12)
_COLOURS = {"overdue": "danger", "high": "danger", "medium": "warning", "low": "info"}
_GOOD = (State.CONFIRMED, State.CHECKED_IN, State.IN_PROGRESS, State.COMPLETED)
_PAYMENT_COLOURS = {
    PaymentState.PAID: "success",
    PaymentState.HELD: "info",
    PaymentState.FAILED: "danger",
    PaymentState.AUTHORIZING: "warning",
    PaymentState.REQUIRES_ACTION: "warning",
    PaymentState.CAPTURING: "warning",
    PaymentState.RELEASING: "warning",
    PaymentState.REFUNDING: "warning",
}


def label(text: str, colour: str = "") -> SafeString:
    """A small coloured label: `danger`, `warning`, `info`, `success`, or plain. The word tells, the colour helps."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "variant": colour})


def plain(word: str) -> str:
    """A stored word for people: `pending_confirmation` is "pending confirmation"."""
    return word.replace("_", " ")


def state_label(state: str) -> SafeString:
    """A booking's state."""
    if state in _GOOD:
        return label(plain(state), "success")
    if state in WAITING:
        return label(plain(state), "info")
    return label(plain(state), "danger" if state == State.PAYMENT_FAILED else "")


def payment_label(payment: Payment) -> SafeString:
    """A payment's state."""
    return label(plain(payment.state), _PAYMENT_COLOURS.get(PaymentState(payment.state), ""))


def urgency(booking: Booking) -> str:
    """`overdue`, `high` (less than 4 hours left), `medium` (less than 12), `low`; blank if nobody has to answer."""
    if booking.state not in ANSWERABLE or booking.expires_at is None:
        return ""
    left = booking.expires_at - clock.now()
    if left <= timedelta(0):
        return "overdue"
    return "high" if left < _HIGH else "medium" if left < _MEDIUM else "low"


def urgency_label(booking: Booking) -> SafeString | str:
    """The urgency as a label."""
    word = urgency(booking)
    return label(word, _COLOURS[word]) if word else NOTHING


def time_left(deadline: datetime) -> str:
    """`5 h 12 min left`, `overdue by 3 min`."""
    left = deadline - clock.now()
    return f"overdue by {_span(-left)}" if left <= timedelta(0) else f"{_span(left)} left"


def _span(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """`Tue, Jun 2, 2026, 2:00 PM America/Denver`: a moment on the practice's clock, and whose clock that is."""
    if moment is None:
        return NOTHING
    there = moment.astimezone(zone)
    return f"{there:%a, %b} {there.day}, {there.year}, {clock_face(there)} {zone.key}"


def local_with_seconds(moment: datetime | None, zone: ZoneInfo) -> str:
    """`Jun 2, 2026, 14:00:05`: for the columns of a table whose heading names the zone."""
    if moment is None:
        return NOTHING
    there = moment.astimezone(zone)
    return f"{there:%b} {there.day}, {there.year}, {there:%H:%M:%S}"


def money(cents: int, currency: str) -> str:
    """`150.00 USD`"""
    return f"{cents / 100:,.2f} {currency.upper()}"


def is_over(booking: Booking) -> bool:
    """Nothing can happen to it any more."""
    return booking.state in ENDED
