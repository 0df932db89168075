"""Where the money of a cancelled booking goes, and what cancelling would cost (contract 10.6, 10.7)."""

from typing import Any

from bookings import policies
from bookings.models import Booking
from findr.money import dollars


def refund_view(booking: Booking, *, refund_cents: int, settled: bool) -> dict[str, Any]:
    """Object R of contract 10.6: where the money of a cancelled booking goes."""
    percent = booking.cancellation_fee_percent or 0
    return {
        "amount": dollars(refund_cents),
        "percentage": 100 - percent,
        "feeAmount": dollars(booking.fee_cents),
        "feePercentage": percent,
        "description": _kept(percent) if refund_cents or booking.confirmed_at else "Payment hold released",
        "status": "succeeded" if settled else "pending",
    }


def _kept(percent: int) -> str:
    return f"{100 - percent}% refund ({percent}% cancellation fee)" if percent else "Full refund"


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
