"""PaymentIntents (https://docs.stripe.com/api/payment_intents): create, confirm, capture, cancel, list."""

from __future__ import annotations

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import UNSETTLED, Account
from findr.sandbox.stripe.attempts import attempt, cannot_capture, capture
from findr.sandbox.stripe.errors import bad_parameter, refused, unexpected_state
from findr.sandbox.stripe.forms import Form, merged_metadata
from findr.sandbox.stripe.intent_parameters import RETURN_URL_NEEDED, card_only
from findr.sandbox.stripe.lists import page
from findr.sandbox.stripe.shapes import new_intent

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(account: Account, params: Form) -> Object:
    """A new intent, confirmed at once if ``confirm`` says so."""
    if "customer" in params:
        account.given("customer", params["customer"], "customer")
    method = _method(account, params.get("customer"), params["payment_method"]) if "payment_method" in params else None
    params = {**params, "metadata": merged_metadata({}, params.get("metadata", {}))}
    intent = new_intent(account.now(), params)
    if method:
        intent.update(status="requires_confirmation", payment_method=method["id"])
    account.save(intent)
    account.emit("payment_intent.created", intent)
    return attempt(account, intent, method, params) if method and params.get("confirm") else intent


def retrieve(account: Account, params: Form, identity: str) -> Object:
    """One intent; with a client secret only if it is this intent's."""
    intent = account.fetch("payment_intent", identity)
    if params.get("client_secret", intent["client_secret"]) != intent["client_secret"]:
        message = f"The client_secret provided does not match any associated PaymentIntent on this account: {identity}"
        raise refused(message, code="payment_intent_invalid_parameter", param="client_secret")
    return intent


def list_all(account: Account, params: Form) -> Object:
    """A page of intents."""
    wanted = {"customer": params["customer"]} if "customer" in params else {}
    return page(account, "payment_intent", "/v1/payment_intents", params, **wanted)


def confirm(account: Account, params: Form, identity: str) -> Object:
    """The app tries to pay, with the given method or the intent's own."""
    intent = account.fetch("payment_intent", identity)
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}. "
            f"Only a PaymentIntent with one of the following statuses may be confirmed: {', '.join(CONFIRMABLE)}.",
            intent,
        )
    name = params.get("payment_method", intent["payment_method"])
    if name is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            intent,
        )
    if not card_only({**intent, **params}) and "return_url" not in params:
        raise bad_parameter(RETURN_URL_NEEDED, param="return_url")
    method = _method(account, intent["customer"], name)
    return attempt(account, intent, method, params)


def capture_intent(account: Account, params: Form, identity: str) -> Object:
    """Take held money, all of it or less; once."""
    intent = account.fetch("payment_intent", identity)
    charge = account.charge_of(intent)
    if intent["status"] != "requires_capture" or charge is None:
        raise cannot_capture(intent)
    if params.get("final_capture") is False:
        raise refused("This payment method does not support capturing more than once.", param="final_capture")
    amount: int = params["amount_to_capture"] if "amount_to_capture" in params else intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        message = (
            f"The amount_to_capture ({amount}) is greater than the capturable amount ({intent['amount_capturable']})."
        )
        raise refused(message, code="amount_too_large", param="amount_to_capture")
    captured = capture(account, intent, charge, amount)
    if "metadata" in params:
        captured["metadata"] = merged_metadata(captured["metadata"], params["metadata"])
    return captured


def cancel(account: Account, params: Form, identity: str) -> Object:
    """Give the intent up; held money is released."""
    intent = account.fetch("payment_intent", identity)
    if intent["status"] not in UNSETTLED:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            "with one of the following statuses may be canceled: requires_payment_method, requires_capture, "
            "requires_confirmation, requires_action, processing.",
            intent,
        )
    return account.release(intent, reason=params.get("cancellation_reason"), at=account.now())


def _method(account: Account, customer: str | None, identity: str) -> Object:
    """The payment method if this customer (or nobody) may use it."""
    method = account.payment_method(identity)
    if account.is_spent(method):
        raise refused(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared "
            "with a connected account without Customer attachment, or was detached from a Customer. It may not be "
            "used again. To use a PaymentMethod multiple times, you must attach it to a Customer first."
        )
    if method["customer"] and not customer:
        raise refused(
            f"The `payment_method` parameter supplied {identity} belongs to the Customer {method['customer']}. "
            "Please include the Customer in the `customer` parameter on the PaymentIntent.",
            code="parameter_missing",
            param="payment_method",
        )
    if method["customer"] and method["customer"] != customer:
        raise refused(
            f"The customer does not have a payment method with the ID {identity}. The payment method must be attached "
            "to the customer.",
            code="resource_missing",
            param="payment_method",
        )
    return method
