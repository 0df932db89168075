"""Attempts to take money with a card: authorising, declining, authenticating and capturing.

https://docs.stripe.com/payments/paymentintents/lifecycle and /payments/place-a-hold-on-a-payment-method
"""

from __future__ import annotations

from typing import Any

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.authentication import next_action
from findr.sandbox.stripe.cards import MESSAGES, Card
from findr.sandbox.stripe.errors import StripeRefusal, error_body, unexpected_state
from findr.sandbox.stripe.shapes import new_charge, new_id, outcome

HOLD_SECONDS = 7 * 86_400
# Visa's window for payments without the customer there: four days and eighteen hours.
OFF_SESSION_VISA_HOLD_SECONDS = 4 * 86_400 + 18 * 3_600


def attempt(account: Account, intent: Object, method: Object, params: dict[str, Any]) -> Object:
    """Confirm the intent with the method: money is held or taken, the customer must act, or 402."""
    card = account.card(method)
    intent["payment_method"] = method["id"]
    intent["last_payment_error"] = None
    if card.declined_as:
        raise decline(account, intent, method, card.declined_as)
    if account.must_authenticate(method):
        if params.get("off_session") or params.get("error_on_requires_action"):
            raise decline(account, intent, method, "authentication_required", code="authentication_required")
        return ask_for_authentication(account, intent, params)
    return authorise(account, intent, method, off_session=bool(params.get("off_session")))


def authenticated(account: Account, intent: Object, method: Object) -> Object:
    """The customer passed 3-D Secure: the bank says yes or, for some cards, no."""
    reason = account.card(method).declined_after_authentication
    if reason:
        decline(account, intent, method, reason)
        return intent
    return authorise(account, intent, method)


def authorise(account: Account, intent: Object, method: Object, *, off_session: bool = False) -> Object:
    """The bank said yes: hold the amount, and capture it at once unless the capture is manual."""
    card = account.card(method)
    charge = new_charge(account.now(), intent, method, card)
    intent.update(latest_charge=charge["id"], next_action=None, last_payment_error=None)
    if intent["setup_future_usage"] and intent["customer"] and not method["customer"]:
        method["customer"] = intent["customer"]
        account.save(method)
        account.emit("payment_method.attached", method)
    if intent["setup_future_usage"] == "off_session":
        account.set_up(method)
    if not method["customer"]:
        account.spend(method)
    if intent["capture_method"] == "manual":
        visa = off_session and card.brand == "visa"
        window = OFF_SESSION_VISA_HOLD_SECONDS if visa else HOLD_SECONDS
        charge["payment_method_details"]["card"]["capture_before"] = account.now() + window
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        account.save(charge)
        account.save(intent)
        account.emit("charge.succeeded", charge)
        account.emit("payment_intent.amount_capturable_updated", intent)
        return intent
    return take(account, intent, charge, intent["amount"])


def take(account: Account, intent: Object, charge: Object, amount: int) -> Object:
    """Capture the amount; what is left of the hold is released."""
    at_once = intent["status"] != "requires_capture"
    charge.update(captured=True, amount_captured=amount, balance_transaction=new_id("txn"))
    intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
    account.save(charge)
    account.save(intent)
    account.emit("charge.succeeded" if at_once else "charge.captured", charge)
    account.emit("payment_intent.succeeded", intent)
    return intent


def ask_for_authentication(account: Account, intent: Object, params: dict[str, Any]) -> Object:
    """The bank wants the customer to authenticate (3-D Secure); the client secret lets the app do it."""
    intent.update(status="requires_action", next_action=next_action(account, intent, params))
    account.save(intent)
    account.emit("payment_intent.requires_action", intent)
    return intent


def decline(
    account: Account, intent: Object, method: Object, reason: str, *, code: str = "card_declined"
) -> StripeRefusal:
    """A refused attempt: the failed charge and the reason stay on the intent, which needs another method now."""
    charge = new_charge(account.now(), intent, method, account.card(method))
    message = MESSAGES[reason]
    failed = outcome("issuer_declined", reason, "The bank did not return any further details.", "declined_by_network")
    charge.update(status="failed", paid=False, failure_code=code, failure_message=message, outcome=failed)
    account.save(charge)
    error = error_body(
        "card_error", message, charge=charge["id"], code=code, decline_code=reason, payment_method=dict(method)
    )
    intent.update(
        status="requires_payment_method",
        latest_charge=charge["id"],
        payment_method=None,
        next_action=None,
        last_payment_error=error,
    )
    account.save(intent)
    account.emit("charge.failed", charge)
    account.emit("payment_intent.payment_failed", intent)
    return StripeRefusal(402, {**error, "payment_intent": dict(intent)})


def capture(account: Account, intent: Object, charge: Object, amount: int) -> Object:
    """Capture a hold as far as the card lets us."""
    method = account.fetch("payment_method", intent["payment_method"])
    card: Card = account.card(method)
    if card.refuses_capture:
        reason = "insufficient_funds"
        fields = {"charge": charge["id"], "code": "card_declined", "decline_code": reason}
        error = error_body("card_error", MESSAGES[reason], **fields, payment_method=dict(method))
        raise StripeRefusal(402, {**error, "payment_intent": dict(intent)})
    if card.lapses_at_capture:
        account.release(intent, reason="expired", at=account.now())
        raise cannot_capture(intent)
    return take(account, intent, charge, amount)


def cannot_capture(intent: Object) -> StripeRefusal:
    """The intent is not waiting to be captured."""
    return unexpected_state(
        f"This PaymentIntent could not be captured because it has a status of {intent['status']}. "
        "Only a PaymentIntent with one of the following statuses may be captured: requires_capture.",
        intent,
    )
