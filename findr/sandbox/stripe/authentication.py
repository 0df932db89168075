"""Asking for 3-D Secure (https://docs.stripe.com/payments/3d-secure/authentication-flow#manual-redirect)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.shapes import new_id

# Below the control interface.
PAGE = "3d-secure/"


def page_address(account: Account, intent: Object) -> str:
    """Where the customer authenticates in a browser."""
    return f"{account.pages}/{PAGE}{intent['id']}?client_secret={quote(intent['client_secret'])}"


def next_action(account: Account, intent: Object, params: dict[str, Any]) -> Object:
    """What the app must do: go to the bank's page and come back, or leave it to Stripe's SDK."""
    url = page_address(account, intent)
    if params.get("return_url") and not params.get("use_stripe_sdk"):
        return {"type": "redirect_to_url", "redirect_to_url": {"return_url": params["return_url"], "url": url}}
    inside = {"type": "three_d_secure_redirect", "stripe_js": url, "source": new_id("src")}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": inside}
