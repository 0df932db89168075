"""Stripe's objects as findr's own snapshots. https://docs.stripe.com/api/payment_intents/object"""

from datetime import UTC, datetime
from typing import Any

from bookings.payments.gateway import Intent, IntentStatus, Refund


def intent_of(raw: Any) -> Intent:
    """An SDK object as our snapshot. `latest_charge` is an id unless it was expanded."""
    data: dict[str, Any] = raw.to_dict() if hasattr(raw, "to_dict") else raw
    charge = data.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    capture_before = card.get("capture_before")
    error = data.get("last_payment_error") or {}
    declined = error if error.get("type") == "card_error" else {}
    return Intent(
        id=data["id"],
        status=IntentStatus(data["status"]),
        amount_received=data.get("amount_received") or 0,
        amount_refunded=charge.get("amount_refunded") or 0,
        capture_before=datetime.fromtimestamp(capture_before, UTC) if capture_before else None,
        declined=declined.get("message") or "",
        decline_code=declined.get("decline_code") or "",
        client_secret=data.get("client_secret"),
        metadata=data.get("metadata") or {},
    )


def refund_of(raw: Any) -> Refund:
    """An SDK object as our snapshot."""
    return Refund(id=raw.id, status=raw.status or "pending", amount=raw.amount)


def metadata_of(raw: Any) -> dict[str, str]:
    """What we wrote on it."""
    return raw.metadata.to_dict() if raw.metadata else {}
