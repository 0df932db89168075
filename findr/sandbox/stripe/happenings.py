"""What happens to an intent from outside: the customer authenticates, time passes, someone uses the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from findr.sandbox.ledger import Object
from findr.sandbox.stripe import payment_intents, refunds
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.attempts import authorise
from findr.sandbox.stripe.errors import error_body, unexpected_state

Happening = Callable[[Account, Object, dict[str, Any]], Object]


def authenticate(account: Account, intent: Object, _given: dict[str, Any]) -> Object:
    """3-D Secure passed: the payment goes on."""
    _waiting(intent)
    return authorise(account, intent, account.fetch("payment_method", intent["payment_method"]))


def fail_authentication(account: Account, intent: Object, _given: dict[str, Any]) -> Object:
    """3-D Secure failed: the intent needs another payment method."""
    _waiting(intent)
    method = account.fetch("payment_method", intent["payment_method"])
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment method and try again."
    )
    code = "payment_intent_authentication_failure"
    error = error_body("invalid_request_error", message, code=code, payment_method=dict(method))
    intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_payment_error=error)
    return account.save(intent)


def lapse(account: Account, intent: Object, _given: dict[str, Any]) -> Object:
    """The hold's time is over now."""
    charge = account.charge_of(intent)
    if intent["status"] != "requires_capture" or charge is None:
        raise unexpected_state(f"Nothing is held: the intent has a status of {intent['status']}.", intent)
    charge["payment_method_details"]["card"]["capture_before"] = account.now()
    account.save(charge)
    return account.release(intent, reason="expired", at=account.now())


def capture(account: Account, intent: Object, given: dict[str, Any]) -> Object:
    """Somebody captures in the dashboard."""
    return payment_intents.capture_intent(account, given, intent["id"])


def cancel(account: Account, intent: Object, given: dict[str, Any]) -> Object:
    """Somebody cancels in the dashboard."""
    return payment_intents.cancel(account, given, intent["id"])


def refund(account: Account, intent: Object, given: dict[str, Any]) -> Object:
    """Somebody refunds in the dashboard; answers the intent."""
    refunds.create(account, {**given, "payment_intent": intent["id"]})
    return intent


def _waiting(intent: Object) -> None:
    if intent["status"] != "requires_action":
        raise unexpected_state(f"Nothing to authenticate: the intent has a status of {intent['status']}.", intent)


HAPPENINGS: dict[str, Happening] = {
    "authenticate": authenticate,
    "fail_authentication": fail_authentication,
    "lapse": lapse,
    "capture": capture,
    "cancel": cancel,
    "refund": refund,
}
FIELDS: dict[str, dict[str, type]] = {
    "capture": {"amount_to_capture": int},
    "cancel": {"cancellation_reason": str},
    "refund": {"amount": int, "reason": str},
}
