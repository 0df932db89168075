"""Where the money of a cancelled booking goes, and what cancelling would cost (contract 10.6, 10.7)."""

from typing import Any

from bookings import policies
from bookings.models import Booking
from findr.money import dollars

_KEPT = {0: "Full refund", 25: "75% refund (25% cancellation fee)", 50: "50% refund (50% cancellation fee)"}


def refund_view(booking: Booking, *, refund_cents: int, settled: bool) -> dict[str, Any]:
    """Object R of contract 10.6: where the money of a cancelled booking goes."""
    percent = _fee_percent(booking)
    return {
        "amount": dollars(refund_cents),
        "percentage": 100 - percent,
        "feeAmount": dollars(booking.fee_cents),
        "feePercentage": percent,
        "description": _KEPT[percent] if refund_cents or booking.confirmed_at else "Payment hold released",
        "status": "succeeded" if settled else "pending",
    }


def _fee_percent(booking: Booking) -> int:
    """The rule that was applied. Not read back from the fee: nothing of a price of zero tells which it was."""
    if booking.cancelled_by != "user" or booking.confirmed_at is None or booking.cancelled_at is None:
        return 0
    until_start = booking.start - booking.cancelled_at
    return policies.cancellation_fee_percent(booking.cancellation_tier, until_start=until_start)


def quote_view(booking: Booking, quoted: policies.Quote) -> dict[str, Any]:
    """What cancelling would cost (contract 10.7)."""
    hours = round(quoted.until_start.total_seconds() / 3600, 1)
    return {
        "bookingId": str(booking.id),
        "tier": booking.cancellation_tier,
        "feePercent": quoted.percent,
        "feeAmount": dollars(quoted.fee_cents),
        "refundAmount": dollars(quoted.refund_cents),
        "hoursUntil": hours,
        "hoursBeforeAppointment": hours,
        "cancellable": quoted.cancellable,
    }
