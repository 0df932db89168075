"""Stripe's own truth, for ``GET /__ledger``."""

from __future__ import annotations

from typing import Any

from findr.sandbox.stripe.account import KINDS, Account


def ledger_view(account: Account) -> dict[str, Any]:
    """Every object by kind and id, oldest first, and the money in each currency in cents."""
    objects = {
        f"{kind}s": {identity: account.as_of_now(thing) for identity, thing in account.ledger.all(kind).items()}
        for kind in KINDS
    }
    totals: dict[str, dict[str, int]] = {}
    for intent in objects["payment_intents"].values():
        money = totals.setdefault(intent["currency"], {"held": 0, "received": 0, "refunded": 0})
        money["held"] += intent["amount_capturable"]
        money["received"] += intent["amount_received"]
    for refund in objects["refunds"].values():
        if refund["status"] != "failed":
            totals[refund["currency"]]["refunded"] += refund["amount"]
    return {**objects, "totals": totals}
