"""What Stripe checks in a new intent's parameters before it does anything."""

from __future__ import annotations

from typing import Any

from findr.sandbox.stripe.errors import bad_parameter
from findr.sandbox.stripe.forms import Form, require

# The smallest charge in each currency we know (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
SMALLEST = {
    "usd": 50,
    "eur": 50,
    "gbp": 30,
    "cad": 50,
    "aud": 50,
    "nzd": 50,
    "chf": 50,
    "sek": 300,
    "nok": 300,
    "dkk": 250,
}
LARGEST = 99_999_999
ONE_WAY = (
    "allowed_payment_method_types",
    "automatic_payment_methods",
    "excluded_payment_method_types",
    "payment_method_configuration",
)
RETURN_URL_NEEDED = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
    "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want "
    "to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)


def refuse_old_words(form: Form) -> None:
    """``payment_method_types`` cannot be written any more (changelog of 2026-09-30.endive)."""
    if "payment_method_types" in form:
        raise bad_parameter(
            "The `payment_method_types` parameter is no longer supported. Use `allowed_payment_method_types` instead.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )


def check_new_intent(params: Form) -> None:
    """400 for a new intent that cannot be."""
    require(params, "amount", "currency")
    check_amount(params)
    check_ways(params)
    if params.get("confirm") and "payment_method" not in params:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise bad_parameter(message, code="parameter_missing", param="payment_method")
    for name in ("off_session", "error_on_requires_action", "return_url"):
        if params.get(name) and not params.get("confirm"):
            message = f"The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` is set to true."
            raise bad_parameter(message, code="payment_intent_invalid_parameter", param=name)
    if params.get("confirm") and not card_only(params) and "return_url" not in params:
        raise bad_parameter(RETURN_URL_NEEDED, param="return_url")


def check_amount(params: Form) -> None:
    """400 for an amount below or above what Stripe takes, or an unknown currency."""
    if params["currency"] not in SMALLEST:
        raise bad_parameter(f"Invalid currency: {params['currency']}.", param="currency")
    smallest = SMALLEST[params["currency"]]
    if params["amount"] < smallest:
        message = f"Amount must be at least {_money(smallest, params['currency'])}"
        raise bad_parameter(message, code="amount_too_small", param="amount")
    if params["amount"] > LARGEST:
        message = f"Amount must be no more than {_money(LARGEST, params['currency'])}"
        raise bad_parameter(message, code="amount_too_large", param="amount")


def card_only(params: dict[str, Any]) -> bool:
    """Whether no payment method can send the customer to another page."""
    automatic = params.get("automatic_payment_methods") or {}
    return params.get("allowed_payment_method_types") == ["card"] or automatic.get("allow_redirects") == "never"


def check_ways(params: Form) -> None:
    """400 for ways to pay that exclude each other, or that this sandbox has no card for."""
    named = [name for name in ONE_WAY if name in params]
    if "allowed_payment_method_types" in named and len(named) > 1:
        message = f"You may only specify one of these parameters: {', '.join(named)}."
        raise bad_parameter(message, param=named[0])
    unknown = set(params.get("allowed_payment_method_types", [])) - {"card"}
    if unknown:
        message = f"The payment method type provided: {sorted(unknown)[0]} is invalid. This sandbox takes cards only."
        raise bad_parameter(message, code="payment_intent_invalid_parameter", param="allowed_payment_method_types")


def _money(cents: int, currency: str) -> str:
    return f"${cents / 100:.2f} {currency}" if currency == "usd" else f"{cents / 100:.2f} {currency}"
