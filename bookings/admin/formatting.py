"""How the staff console says things: times in the practice's own zone, money in full, states as coloured labels."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bookings import deadlines
from bookings.models import Booking, Payment, PaymentOperation, StripeEvent
from bookings.states import WAITING, PaymentState, State
from findr import clock
from findr.money import dollars
from providers.wall_times import clock_face

NOTHING = "-"
LINK = '<a class="text-primary-600 whitespace-nowrap dark:text-primary-500" href="{}">{}</a>'

_COLOURS = {"overdue": "danger", "high": "danger", "medium": "warning", "low": "info"}
_OPERATION_COLOURS = {"pending": "warning", "succeeded": "success", "failed": "danger"}
_OUTCOMES = {"": "not processed", "applied": "applied", "ignored": "not about a payment", "unknown": "unknown payment"}
_OUTCOME_COLOURS = {"": "warning", "applied": "success", "unknown": "danger"}
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


def lines(*each: SafeString | str, may_break: bool = False) -> SafeString:
    """Several texts below one another; names, which may be long, may break."""
    css = "" if may_break else "whitespace-nowrap"
    return format_html_join("", '<div class="{}">{}</div>', ((css, line) for line in each))


def link(row: Model, text: str) -> SafeString:
    """A text that leads to a row's own page."""
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])
    return format_html(LINK, url, text)


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
    """A payment's state; a free visit has one too, but nothing is to be paid."""
    if not payment.amount_cents:
        return label("free")
    return label(plain(payment.state), _PAYMENT_COLOURS.get(PaymentState(payment.state), ""))


def operation_label(operation: PaymentOperation) -> SafeString:
    """How a call to the payment vendor stands."""
    return label(operation.state, _OPERATION_COLOURS[operation.state])


def vendor_ids(operation: PaymentOperation) -> SafeString | str:
    """What a call was about, and what came of it, in the vendor's ids."""
    ids = [identifier for identifier in (operation.intent_id, operation.refund_id) if identifier]
    return format_html_join("", "<div>{}</div>", ((identifier,) for identifier in ids)) if ids else NOTHING


def event_label(event: StripeEvent) -> SafeString:
    """What became of an event."""
    return label(_OUTCOMES[event.outcome], _OUTCOME_COLOURS.get(event.outcome, ""))


def urgency(booking: Booking) -> str:
    """`overdue`, `high`, `medium` or `low`; blank if nobody has to answer."""
    now = clock.now()
    if deadlines.is_answerable(booking, now):
        return deadlines.urgency(booking, now).value
    return "overdue" if deadlines.is_unanswered(booking, now) else ""


def time_left(booking: Booking) -> str:
    """`5 h 12 min left`, `overdue by 3 min`."""
    return f"overdue {_how_long(booking)}" if deadlines.is_overdue(booking, clock.now()) else _how_long(booking)


def left_label(booking: Booking) -> SafeString | str:
    """The urgency and the time that is left; of a checkout, which nobody has to answer, the time alone."""
    word = urgency(booking)
    if not word:
        return time_left(booking)
    return format_html("{} <strong>{}</strong>", label(word, _COLOURS[word]), _how_long(booking))


def _how_long(booking: Booking) -> str:
    if booking.expires_at is None:
        return NOTHING
    left = booking.expires_at - clock.now()
    return f"by {_span(-left)}" if left <= timedelta(0) else f"{_span(left)} left"


def deadline(booking: Booking) -> SafeString | str:
    """When an answer is due, for a column: how urgent it is, above the moment itself."""
    if booking.expires_at is None:
        return NOTHING
    there = booking.expires_at.astimezone(booking.provider.zone)
    return lines(left_label(booking), _day(there), f"{clock_face(there)} {booking.provider.timezone}")


def _span(span: timedelta) -> str:
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """`Tue, Jun 2, 2026, 2:00 PM America/Denver`: a moment on the practice's clock, and whose clock that is."""
    if moment is None:
        return NOTHING
    there = moment.astimezone(zone)
    return f"{_day(there)}, {clock_face(there)} {zone.key}"


def local_lines(moment: datetime, zone: ZoneInfo) -> SafeString:
    """The same for a narrow column: the day, the time and the zone below one another."""
    there = moment.astimezone(zone)
    return lines(_day(there), clock_face(there), zone.key)


def _day(there: datetime) -> str:
    return f"{there:%a, %b} {there.day}, {there.year}"


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """`Tue, Jun 2, 2026, 2:00 PM to 3:00 PM America/Denver`; a visit that ends on another day says so."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = clock_face(last) if first.date() == last.date() else f"{_day(last)}, {clock_face(last)}"
    return f"{_day(first)}, {clock_face(first)} to {until} {zone.key}"


def local_with_seconds(moment: datetime | None, zone: ZoneInfo) -> str:
    """`Jun 2, 2026, 14:00:05`: for the columns of a table whose heading names the zone."""
    if moment is None:
        return NOTHING
    there = moment.astimezone(zone)
    return f"{there:%b} {there.day}, {there.year}, {there:%H:%M:%S}"


def utc(moment: datetime | None) -> str:
    """`Jun 2, 2026, 14:00:05 UTC`: for lists about many practices."""
    return f"{local_with_seconds(moment, ZoneInfo('UTC'))} UTC" if moment else NOTHING


def money(cents: int, currency: str) -> str:
    """`150.00 USD`"""
    return f"{dollars(cents):,.2f} {currency.upper()}"
