"""SetupIntents (https://docs.stripe.com/api/setup_intents): saving a card for later, with the customer's consent."""

from __future__ import annotations

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.errors import bad_parameter, refused, unexpected_state
from findr.sandbox.stripe.forms import Form, merged_metadata
from findr.sandbox.stripe.intent_parameters import RETURN_URL_NEEDED, card_only, check_ways
from findr.sandbox.stripe.setup_attempts import attempt_setup
from findr.sandbox.stripe.setup_shapes import new_setup_intent

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def check_new_setup(params: Form) -> None:
    """400 for a new intent that cannot be."""
    check_ways(params)
    if params.get("confirm") and "payment_method" not in params:
        message = "You cannot confirm this SetupIntent because it's missing a payment method."
        raise bad_parameter(message, code="parameter_missing", param="payment_method")
    if "return_url" in params and not params.get("confirm"):
        message = (
            "The parameter `return_url` cannot be passed when creating a SetupIntent unless `confirm` is set to true."
        )
        raise bad_parameter(message, code="parameter_unknown", param="return_url")
    if params.get("confirm") and not card_only(params) and "return_url" not in params:
        raise bad_parameter(RETURN_URL_NEEDED, param="return_url")


def create(account: Account, params: Form) -> Object:
    """A new intent, confirmed at once if ``confirm`` says so."""
    if "customer" in params:
        account.given("customer", params["customer"], "customer")
    method = _method(account, params.get("customer"), params["payment_method"]) if "payment_method" in params else None
    params = {**params, "metadata": merged_metadata({}, params.get("metadata", {}))}
    intent = new_setup_intent(account.now(), params)
    if method:
        intent.update(status="requires_confirmation", payment_method=method["id"])
    account.save(intent)
    account.emit("setup_intent.created", intent)
    return attempt_setup(account, intent, method, params) if method and params.get("confirm") else intent


def confirm(account: Account, params: Form, identity: str) -> Object:
    """The app tries to save the given method, or the intent's own."""
    intent = account.fetch("setup_intent", identity)
    if intent["status"] not in OPEN:
        raise unexpected_state(
            f"You cannot confirm this SetupIntent because it has a status of {intent['status']}. "
            f"Only a SetupIntent with one of the following statuses may be confirmed: {', '.join(OPEN)}.",
            intent,
        )
    name = params.get("payment_method", intent["payment_method"])
    if name is None:
        raise unexpected_state(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a "
            "payment method and then confirm it again, or confirm it with a payment method.",
            intent,
        )
    if not card_only({**intent, **params}) and "return_url" not in params:
        raise bad_parameter(RETURN_URL_NEEDED, param="return_url")
    return attempt_setup(account, intent, _method(account, intent["customer"], name), params)


def _method(account: Account, customer: str | None, identity: str) -> Object:
    """The payment method, if it may still be used and is not somebody else's."""
    method = account.payment_method(identity)
    if account.is_spent(method):
        raise refused(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again."
        )
    if method["customer"] not in (None, customer):
        raise refused(
            f"The payment method {identity} belongs to a different Customer than the SetupIntent.",
            code="resource_missing",
            param="payment_method",
        )
    return method
