"""What the booking page tells below the facts: the history, and every call to the payment vendor."""

import json
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bookings.admin.words import NOTHING, label, local, local_with_seconds, money, plain
from bookings.models import Booking, BookingEvent, PaymentOperation
from findr.accounts.models import User

Table = dict[str, Any]

_RULES = {
    "not_connected": "the practice has no calendar connected",
    "switched_off": "the calendar checks are switched off",
    "outside_opening_hours": "the time is outside the opening hours",
    "calendar_not_free": "the calendar did not say that the time is free",
    "calendar_free": "the calendar said that the time is free",
}
_OPERATION_COLOURS = {"pending": "warning", "succeeded": "success", "failed": "danger"}


def why_this_type(booking: Booking) -> str:
    """One sentence from the freshness receipt: which rule decided, what the calendar said, when, and how fast."""
    receipt = booking.type_receipt
    rule = str(receipt.get("rule", ""))
    kind = "Instant" if booking.is_instant else "A request"
    sentence = f"{kind}, because {_RULES.get(rule, rule or 'of a rule that was not written down')}."
    details = [f"{name}: {value}" for name, value in receipt.items() if name != "rule"]
    return f"{sentence} ({'; '.join(details)})" if details else sentence


def history_table(booking: Booking) -> Table:
    """The timeline, oldest first."""
    events = list(booking.events.order_by("id"))
    people = User.objects.in_bulk([event.actor_user_id for event in events if event.actor_user_id])
    zone = booking.provider.zone
    return {
        "headers": [f"When ({zone.key})", "What", "From - to", "Who", "Details"],
        "rows": [
            [
                local_with_seconds(event.created_at, zone),
                plain(event.event_type),
                _change(event),
                _who(event, people),
                _details(event.data),
            ]
            for event in events
        ],
    }


def _change(event: BookingEvent) -> str:
    if event.old_state == event.new_state:
        return NOTHING
    return f"{plain(event.old_state) or 'nothing'} → {plain(event.new_state)}"


def _who(event: BookingEvent, people: dict[Any, User]) -> str:
    person = people.get(event.actor_user_id)
    name = f"{event.actor_role} {person.full_name or person.email}" if person else event.actor_role
    return f"{name}, by {event.source}"


def _details(data: dict[str, Any]) -> SafeString | str:
    if not data:
        return NOTHING
    lines = ((name, value if isinstance(value, str) else json.dumps(value)) for name, value in data.items())
    return format_html_join("", "<div>{}: {}</div>", lines)


def operations_table(booking: Booking) -> Table:
    """Every call to the payment vendor, oldest first: how it stands, who has it, what went wrong."""
    zone = booking.provider.zone
    return {
        "headers": [
            f"Written ({zone.key})",
            "Call",
            "State",
            "Attempts",
            "Last tried",
            "Leased until",
            "Error",
            "At Stripe",
        ],
        "rows": [
            [
                local_with_seconds(operation.created_at, zone),
                f"{operation.kind} {money(operation.amount_cents, booking.payment.currency)}",
                label(operation.state, _OPERATION_COLOURS[operation.state]),
                str(operation.attempts),
                local_with_seconds(operation.last_tried_at, zone),
                _lease(operation, zone),
                plain(operation.error_code) or NOTHING,
                _vendor_ids(operation),
            ]
            for operation in booking.payment.operations.order_by("created_at")
        ],
    }


def _lease(operation: PaymentOperation, zone: Any) -> str:
    return local_with_seconds(operation.claimed_until, zone) if operation.state == "pending" else NOTHING


def _vendor_ids(operation: PaymentOperation) -> SafeString | str:
    ids = [identifier for identifier in (operation.intent_id, operation.refund_id) if identifier]
    return format_html_join("", "<div>{}</div>", ((identifier,) for identifier in ids)) if ids else NOTHING


def amounts(booking: Booking) -> str:
    """What was asked for, taken, and given back."""
    payment = booking.payment
    parts = [
        ("price", payment.amount_cents),
        ("captured", payment.captured_cents),
        ("refunded", payment.refunded_cents),
    ]
    return ", ".join(f"{name} {money(cents, payment.currency)}" for name, cents in parts)


def hold(booking: Booking) -> str:
    """When the hold on the card lapses, as the vendor says."""
    return local(booking.payment.capture_before, booking.provider.zone)


def failure(booking: Booking) -> SafeString | str:
    """Why the money could not be had, in the vendor's words."""
    payment = booking.payment
    codes = " / ".join(code for code in (payment.failure_code, payment.decline_code) if code)
    if not codes and not payment.failure_message:
        return NOTHING
    return format_html("{} ({})", payment.failure_message or "No message", codes or "no code")
