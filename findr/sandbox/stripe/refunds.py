"""Refunds (https://docs.stripe.com/api/refunds) and charges (https://docs.stripe.com/api/charges)."""

from __future__ import annotations

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.errors import bad_parameter, refused
from findr.sandbox.stripe.forms import Form, merged_metadata
from findr.sandbox.stripe.lists import page
from findr.sandbox.stripe.shapes import new_refund


def check_new_refund(params: Form) -> None:
    """400 unless exactly one of charge and payment intent is named."""
    named = [name for name in ("charge", "payment_intent") if name in params]
    if not named:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise bad_parameter(message)
    if len(named) > 1:
        raise bad_parameter("You may only specify one of these parameters: charge, payment_intent.")


def create(account: Account, params: Form) -> Object:
    """Give back captured money, all that is left or a part."""
    charge = _charge(account, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise refused(message, code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount > left:
        # Stripe sends no code with this one.
        message = f"Refund amount (${amount / 100:.2f}) is greater than unrefunded amount on charge (${left / 100:.2f})"
        raise refused(message, param="amount")
    params = {**params, "metadata": merged_metadata({}, params.get("metadata", {}))}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.save(charge)
    return account.save(new_refund(account.now(), charge, amount, params))


def _charge(account: Account, params: Form) -> Object:
    if "charge" in params:
        charge = account.given("charge", params["charge"], "charge")
    else:
        intent = account.given("payment_intent", params["payment_intent"], "payment_intent")
        found = account.charge_of(intent)
        if found is None or found["status"] != "succeeded":
            raise refused(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        charge = found
    if not charge["captured"]:
        message = f"Charge {charge['id']} has not been captured, so there is nothing to refund. Cancel its PaymentIntent instead."
        raise refused(message, code="charge_not_refundable")
    return charge


def retrieve(account: Account, _params: Form, identity: str) -> Object:
    """One refund."""
    return account.fetch("refund", identity)


def list_all(account: Account, params: Form) -> Object:
    """A page of refunds, of all or of one charge or intent."""
    wanted = {name: params[name] for name in ("charge", "payment_intent") if name in params}
    return page(account, "refund", "/v1/refunds", params, **wanted)


def retrieve_charge(account: Account, _params: Form, identity: str) -> Object:
    """One charge."""
    return account.fetch("charge", identity)


def list_charges(account: Account, params: Form) -> Object:
    """A page of charges, of all or of one intent or customer."""
    wanted = {name: params[name] for name in ("payment_intent", "customer") if name in params}
    return page(account, "charge", "/v1/charges", params, **wanted)
