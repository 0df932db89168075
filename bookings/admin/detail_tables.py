"""What the booking page tells below the facts: history, suggested times, calls to the payment vendor, its reports."""

import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bookings.admin.formatting import (
    NOTHING,
    event_label,
    label,
    link,
    local,
    local_with_seconds,
    money,
    operation_label,
    plain,
    span,
    vendor_ids,
)
from bookings.models import Booking, BookingEvent, PaymentOperation, SuggestedTime
from bookings.selectors import attention, history
from bookings.states import PaymentState
from findr.accounts.models import User
from findr.money import in_cents

Table = dict[str, Any]

_RULES = {
    "not_connected": "the practice has no calendar connected",
    "outside_opening_hours": "the time is outside the opening hours",
    "calendar_not_free": "the calendar did not say that the time is free",
    "calendar_free": "the calendar said that the time is free",
}


def why_this_type(booking: Booking) -> str:
    """From the freshness receipt: which rule decided, what the calendar said, when, and how fast."""
    receipt = booking.type_receipt
    rule = str(receipt.get("rule", ""))
    kind = "Instant" if booking.is_instant else "A request"
    sentence = f"{kind}, because {_RULES.get(rule, plain(rule) or 'of a rule that was not written down')}."
    if rule == "not_connected" or "readAt" not in receipt:
        return sentence
    read_at = local_with_seconds(datetime.fromisoformat(receipt["readAt"]), booking.provider.zone)
    answer = plain(str(receipt.get("answer", "nothing")))
    return f"{sentence} Read {read_at} {booking.provider.zone.key}, in {receipt.get('tookMs', '?')} ms: {answer}."


def history_table(booking: Booking) -> Table:
    """The timeline, oldest first."""
    events = list(booking.events.order_by("id"))
    people = User.objects.in_bulk([event.actor_user_id for event in events if event.actor_user_id])
    zone = booking.provider.zone
    return {
        "headers": [f"When ({zone.key})", "What", "State", "Who", "Details"],
        "rows": [
            [
                local_with_seconds(event.created_at, zone),
                plain(event.event_type),
                _change(event),
                _who(event, people),
                _details(event.data, booking.payment.currency),
            ]
            for event in events
        ],
    }


def _change(event: BookingEvent) -> str:
    if event.old_state == event.new_state:
        return NOTHING
    return f"{plain(event.old_state)} → {plain(event.new_state)}" if event.old_state else plain(event.new_state)


def _who(event: BookingEvent, people: dict[Any, User]) -> str:
    person = people.get(event.actor_user_id)
    name = f"{event.actor_role} {person}" if person else event.actor_role
    return f"{name} ({event.source})"


def _details(data: dict[str, Any], currency: str) -> SafeString | str:
    if not data:
        return NOTHING
    lines = ((_spaced(name), _detail(name, value, currency)) for name, value in data.items())
    return format_html_join("", "<div>{}: {}</div>", lines)


def _spaced(name: str) -> str:
    """`bookingType` is "booking type"."""
    return re.sub("([A-Z])", r" \1", name).lower()


def _detail(name: str, value: Any, currency: str) -> str:
    if name == "amount":  # Dollars, as on the wire (contract 12.2).
        return money(in_cents(value), currency)
    return (
        plain(value) if re.fullmatch("[a-z_]+", str(value)) else value if isinstance(value, str) else json.dumps(value)
    )


def suggestions_table(booking: Booking) -> Table | None:
    """Every time that was suggested, round by round, and whether the patient may still take it."""
    zone = booking.provider.zone
    rows = [
        [str(time.round), span(time.start, time.end, zone), _standing(time, booking), _closed(time, zone)]
        for time in booking.suggestions.all()
    ]
    return {"headers": ["Round", "Suggested time", "State", f"Closed ({zone.key})"], "rows": rows} if rows else None


def _standing(time: SuggestedTime, booking: Booking) -> SafeString:
    if time.id == booking.accepted_suggestion:
        return label("accepted", "success")
    return label("closed") if time.closed_at else label("open", "info")


def _closed(time: SuggestedTime, zone: ZoneInfo) -> str:
    return local_with_seconds(time.closed_at, zone)


def events_table(booking: Booking, operations: list[PaymentOperation]) -> Table | None:
    """What the payment vendor reported about this booking's payment, and about any unexpected intent of it, oldest first."""
    zone = booking.provider.zone
    rows = [
        [
            local_with_seconds(event.received_at, zone),
            link(event, event.type),
            event.object_id or NOTHING,
            event_label(event),
            str(event.attempts),
            event.error or NOTHING,
        ]
        for event in history.events_about(booking, operations)
    ]
    headers = [f"Received ({zone.key})", "Event", "About", "Outcome", "Attempts", "Error"]
    return {"headers": headers, "rows": rows} if rows else None


def findings_table(booking: Booking) -> Table | None:
    """What the last check of the books found wrong with this booking, and has not been put right since."""
    zone = booking.provider.zone
    found = attention.open_findings().filter(booking_id=booking.id).order_by("first_seen_at", "id")
    rows = [[local_with_seconds(one.first_seen_at, zone), link(one, one.invariant), one.detail] for one in found]
    return {"headers": [f"First seen ({zone.key})", "Invariant", "Finding"], "rows": rows} if rows else None


def operations_table(booking: Booking, operations: list[PaymentOperation]) -> Table:
    """Every call to the payment vendor, oldest first: how it stands, who has it, what went wrong."""
    zone = booking.provider.zone
    return {
        "headers": [f"Written ({zone.key})", "Call", "State", "Attempts", "Error", "At Stripe"],
        "rows": [
            [
                local_with_seconds(operation.created_at, zone),
                f"{operation.kind} {money(operation.amount_cents, booking.payment.currency)}",
                operation_label(operation),
                _attempts(operation, zone),
                operation.error or NOTHING,
                vendor_ids(operation),
            ]
            for operation in operations
        ],
    }


def _attempts(operation: PaymentOperation, zone: ZoneInfo) -> SafeString | str:
    """How often, and while it is unfinished when the last one was and until when nobody else takes over."""
    if operation.state != PaymentOperation.Status.PENDING:
        return str(operation.attempts)
    return format_html(
        "<div>{}, the last one {}</div><div>nobody else takes over before {}</div>",
        operation.attempts,
        local_with_seconds(operation.last_tried_at, zone),
        local_with_seconds(operation.claimed_until, zone),
    )


def amounts(booking: Booking) -> str:
    """What was asked for, taken, and given back."""
    payment = booking.payment
    parts = [
        ("price", payment.amount_cents),
        ("captured", payment.captured_cents),
        ("refunded", payment.refunded_cents),
    ]
    return ", ".join(f"{name} {money(cents, payment.currency)}" for name, cents in parts)


def fee(booking: Booking) -> str:
    """What is kept of the money after a cancellation, and the share of the price that it came from."""
    if not booking.fee_cents:
        return NOTHING
    return f"{money(booking.fee_cents, booking.payment.currency)} ({booking.cancellation_fee_percent}% of the price applied)"


def dispute(booking: Booking) -> SafeString | str:
    """The card holder's objection at the bank, in the vendor's words."""
    payment = booking.payment
    if not payment.dispute_id:
        return NOTHING
    opened = local(payment.disputed_at, booking.provider.zone)
    amount = money(payment.dispute_cents, payment.currency)
    return format_html(
        "{} {}, opened {} ({})", label(plain(payment.dispute_status), "danger"), amount, opened, payment.dispute_id
    )


def hold(booking: Booking) -> str:
    """When the hold on the card lapses, as the vendor says; nothing once there is no hold."""
    if booking.payment.state not in (PaymentState.HELD, PaymentState.CAPTURING, PaymentState.RELEASING):
        return NOTHING
    return local(booking.payment.capture_before, booking.provider.zone)


def failure(booking: Booking) -> SafeString | str:
    """Why the money could not be had, in the vendor's words."""
    payment = booking.payment
    codes = " / ".join(code for code in (payment.failure_code, payment.decline_code) if code)
    if not codes and not payment.failure_message:
        return NOTHING
    return format_html("{} ({})", payment.failure_message or "No message", codes or "no code")
