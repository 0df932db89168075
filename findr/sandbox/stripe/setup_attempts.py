"""Attempts to save a card: the bank agrees, declines, or wants the customer to authenticate first."""

from __future__ import annotations

from typing import Any

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.authentication import next_action
from findr.sandbox.stripe.cards import MESSAGES
from findr.sandbox.stripe.errors import StripeRefusal, error_body
from findr.sandbox.stripe.payment_methods import attach_to
from findr.sandbox.stripe.shapes import new_id


def attempt_setup(account: Account, intent: Object, method: Object, params: dict[str, Any]) -> Object:
    """Confirm the intent with the method: it is saved, the customer must act, or 402."""
    card = account.card(method)
    intent.update(payment_method=method["id"], latest_attempt=new_id("setatt"), last_setup_error=None)
    if card.declined_as and card.declines_when_saved:
        message, reason = MESSAGES[card.declined_as], card.declined_as
        fields = {"code": "card_declined", "decline_code": reason, "payment_method": dict(method)}
        error = error_body("card_error", message, **fields)
        fail_setup(account, intent, error)
        raise StripeRefusal(402, {**error, "setup_intent": dict(intent)})
    if account.must_authenticate(method):
        intent.update(status="requires_action", next_action=next_action(account, intent, params))
        account.save(intent)
        account.emit("setup_intent.requires_action", intent)
        return intent
    return succeed_setup(account, intent, method)


def succeed_setup(account: Account, intent: Object, method: Object) -> Object:
    """The method is saved: it is its customer's, and may be charged later as was agreed."""
    if intent["customer"]:
        attach_to(account, method, intent["customer"])
    if intent["usage"] == "off_session":
        account.set_up(method)
    intent.update(status="succeeded", next_action=None)
    account.save(intent)
    account.emit("setup_intent.succeeded", intent)
    return intent


def fail_setup(account: Account, intent: Object, error: dict[str, Any]) -> Object:
    """The attempt failed; the intent needs another payment method."""
    intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_setup_error=error)
    account.save(intent)
    account.emit("setup_intent.setup_failed", intent)
    return intent
