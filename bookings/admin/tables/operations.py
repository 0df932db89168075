"""Every call to the payment vendor."""

from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from bookings.admin.formatting import NOTHING, lines, money, vendor_ids
from bookings.admin.labels import operation_label
from bookings.admin.tables import Table
from bookings.models import Booking, PaymentOperation
from providers.admin_times import local_with_seconds


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
    return lines(
        f"{operation.attempts}, the last one {local_with_seconds(operation.last_tried_at, zone)}",
        f"nobody else takes over before {local_with_seconds(operation.claimed_until, zone)}",
        may_break=True,
    )
