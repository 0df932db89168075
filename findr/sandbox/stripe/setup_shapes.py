"""A new SetupIntent with every field that Stripe sends (https://docs.stripe.com/api/setup_intents/object)."""

from __future__ import annotations

import secrets

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.shapes import new_id

EMPTY: Object = dict.fromkeys(
    (
        "application",
        "attach_to_self",
        "cancellation_reason",
        "customer_account",
        "flow_directions",
        "last_setup_error",
        "latest_attempt",
        "mandate",
        "next_action",
        "on_behalf_of",
        "payment_method",
        "payment_method_configuration_details",
        "single_use_mandate",
    )
)


def new_setup_intent(now: int, params: Object) -> Object:
    """A SetupIntent from checked parameters, not yet confirmed."""
    identity = new_id("seti")
    return {
        **EMPTY,
        "id": identity,
        "object": "setup_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "automatic_payment_methods": params.get("automatic_payment_methods"),
        "client_secret": f"{identity}_secret_{secrets.token_hex(12)}",
        "created": now,
        "customer": params.get("customer"),
        "description": params.get("description"),
        "excluded_payment_method_types": params.get("excluded_payment_method_types"),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "payment_method_options": {
            "card": {
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
                **params.get("payment_method_options", {}).get("card", {}),
            }
        },
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }
