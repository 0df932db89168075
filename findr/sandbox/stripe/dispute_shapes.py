"""A new Dispute with every field that Stripe sends (https://docs.stripe.com/api/disputes/object)."""

from __future__ import annotations

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.shapes import new_id

DISPUTE_FEE = 1500
ANSWER_SECONDS = 9 * 86_400
EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def new_dispute(now: int, charge: Object, amount: int, reason: str, status: str) -> Object:
    """A Dispute of a charge that nobody has answered yet."""
    card = charge["payment_method_details"]["card"]
    inquiry = status.startswith("warning")
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + ANSWER_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "10.4",
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": card["brand"],
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": card["network"],
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": status,
    }


def withdrawal(now: int, dispute: Object, amount: int) -> Object:
    """The BalanceTransaction of disputed money: negative when it is withdrawn, positive when it comes back."""
    fee = DISPUTE_FEE if amount < 0 else 0
    details = [
        {"amount": fee, "application": None, "currency": "usd", "description": "Dispute fee", "type": "stripe_fee"}
    ]
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now,
        "balance_type": "payments",
        "created": now,
        "currency": dispute["currency"],
        "description": f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}",
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": "dispute" if amount < 0 else "dispute_reversal",
        "source": dispute["id"],
        "status": "available",
        "type": "adjustment",
    }
