"""Every call to the payment vendor."""

from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookings.admin.formatting import NOTHING, money, vendor_ids
from bookings.admin.labels import operation_label
from bookings.admin.tables import Table
from bookings.admin.times import local_with_seconds
from bookings.models import Booking, PaymentOperation


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
