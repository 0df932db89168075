"""Scenarios, which are what happens from outside: the customer acts in the app, the bank changes its mind, someone uses the dashboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from findr.sandbox.ledger import Object
from findr.sandbox.stripe import disputes, payment_intents, refunds, setup_intents
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.attempts import authenticated
from findr.sandbox.stripe.errors import bad_parameter, error_body, unexpected_state
from findr.sandbox.stripe.setup_attempts import fail_setup, succeed_setup

Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Something that can happen to one kind of object, and the fields it takes."""

    handler: Callable[[Account, Object, Given], Object]
    fields: dict[str, type] = field(default_factory=dict)


def authenticate(account: Account, intent: Object, _given: Given) -> Object:
    """3-D Secure passed: the payment, or the saving of the card, goes on."""
    _waiting(intent)
    method = account.fetch("payment_method", intent["payment_method"])
    if intent["object"] == "setup_intent":
        return succeed_setup(account, intent, method)
    return authenticated(account, intent, method)


def fail_authentication(account: Account, intent: Object, _given: Given) -> Object:
    """3-D Secure failed: the intent needs another payment method."""
    _waiting(intent)
    method = account.fetch("payment_method", intent["payment_method"])
    message = (
        "We are unable to authenticate your payment method. Please choose a different payment method and try again."
    )
    code = f"{intent['object']}_authentication_failure"
    error = error_body("invalid_request_error", message, code=code, payment_method=dict(method))
    if intent["object"] == "setup_intent":
        return fail_setup(account, intent, error)
    intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_payment_error=error)
    account.save(intent)
    account.emit("payment_intent.payment_failed", intent)
    return intent


def lapse(account: Account, intent: Object, _given: Given) -> Object:
    """The hold's time is over now."""
    charge = account.charge_of(intent)
    if intent["status"] != "requires_capture" or charge is None:
        raise unexpected_state(f"Nothing is held: the intent has a status of {intent['status']}.", intent)
    charge["payment_method_details"]["card"]["capture_before"] = account.now()
    account.save(charge)
    return account.release(intent, reason="expired", at=account.now())


def capture(account: Account, intent: Object, given: Given) -> Object:
    """Somebody captures in the dashboard."""
    return payment_intents.capture_intent(account, given, intent["id"])


def cancel(account: Account, intent: Object, given: Given) -> Object:
    """Somebody cancels in the dashboard."""
    return payment_intents.cancel(account, given, intent["id"])


def refund(account: Account, intent: Object, given: Given) -> Object:
    """Somebody refunds in the dashboard; answers the intent."""
    refunds.create(account, {**given, "payment_intent": intent["id"]})
    return intent


def confirm(account: Account, intent: Object, given: Given) -> Object:
    """The app confirms with its client secret, as with Stripe's own payment form."""
    how = {"return_url": "findr://payment", "use_stripe_sdk": "return_url" not in given, **given}
    if intent["object"] == "setup_intent":
        return setup_intents.confirm(account, how, intent["id"])
    return payment_intents.confirm(account, how, intent["id"])


def dispute(account: Account, thing: Object, given: Given) -> Object:
    """The customer disputes the charge at their bank; answers the dispute."""
    charge = account.charge_of(thing) if thing["object"] == "payment_intent" else thing
    if charge is None:
        raise unexpected_state("Nothing was charged.", thing)
    return disputes.open_dispute(account, charge, **given)


def close_dispute(account: Account, thing: Object, given: Given) -> Object:
    """The bank decides: ``won`` (the default), ``lost`` or, for an inquiry, ``warning_closed``."""
    return disputes.decide(account, thing, given.get("status", "won"))


def fail_refund(account: Account, thing: Object, given: Given) -> Object:
    """The refund fails, also after it had succeeded."""
    reason = given.get("failure_reason", FAILURE_REASONS[0])
    if reason not in FAILURE_REASONS:
        raise bad_parameter(f"A refund fails for one of {', '.join(FAILURE_REASONS)}.", param="failure_reason")
    return refunds.fail(account, thing, reason)


def succeed_refund(account: Account, thing: Object, _given: Given) -> Object:
    """A pending refund succeeds."""
    return refunds.succeed(account, thing)


def set_reference(account: Account, thing: Object, _given: Given) -> Object:
    """The bank's reference for the refund arrives."""
    return refunds.set_reference(account, thing)


def _waiting(intent: Object) -> None:
    if intent["status"] != "requires_action":
        raise unexpected_state(f"Nothing to authenticate: the intent has a status of {intent['status']}.", intent)


FAILURE_REASONS = (
    "expired_or_canceled_card",
    "charge_for_pending_refund_disputed",
    "declined",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)
DISPUTE: dict[str, type] = {"amount": int, "reason": str, "status": str}
CONFIRMATION: dict[str, type] = {"payment_method": str, "return_url": str, "use_stripe_sdk": bool}
SCENARIOS: dict[str, dict[str, Scenario]] = {
    "payment_intents": {
        "confirm": Scenario(confirm, CONFIRMATION),
        "authenticate": Scenario(authenticate),
        "fail_authentication": Scenario(fail_authentication),
        "lapse": Scenario(lapse),
        "capture": Scenario(capture, {"amount_to_capture": int}),
        "cancel": Scenario(cancel, {"cancellation_reason": str}),
        "refund": Scenario(refund, {"amount": int, "reason": str}),
        "dispute": Scenario(dispute, DISPUTE),
    },
    "setup_intents": {
        "confirm": Scenario(confirm, CONFIRMATION),
        "authenticate": Scenario(authenticate),
        "fail_authentication": Scenario(fail_authentication),
    },
    "charges": {"dispute": Scenario(dispute, DISPUTE)},
    "disputes": {"close": Scenario(close_dispute, {"status": str})},
    "refunds": {
        "fail": Scenario(fail_refund, {"failure_reason": str}),
        "succeed": Scenario(succeed_refund),
        "set_reference": Scenario(set_reference),
    },
}
