"""Refunds (https://docs.stripe.com/api/refunds)."""

from __future__ import annotations

from typing import Any

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.disputes import refundable
from findr.sandbox.stripe.errors import bad_parameter, refused
from findr.sandbox.stripe.forms import Form, merged_metadata
from findr.sandbox.stripe.lists import page
from findr.sandbox.stripe.shapes import new_id, new_refund

REFERENCE = "74598761234567890123456"


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
    refund = new_refund(account.now(), charge, amount, params)
    if account.card(account.fetch("payment_method", charge["payment_method"])).refunds_wait:
        refund["status"] = "pending"
    account.save(refund)
    account.emit("refund.created", refund)
    _move_refunded(account, charge, amount)
    return refund


def _move_refunded(account: Account, charge: Object, amount: int) -> None:
    """Count the amount as given back, or with a negative one as not."""
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.save(charge)
    account.emit("charge.refunded" if amount > 0 else "charge.updated", charge, **before)


def fail(account: Account, refund: Object, reason: str) -> Object:
    """The bank could not take the money back, perhaps days after it seemed to (https://docs.stripe.com/refunds#failed-refunds)."""
    if refund["status"] not in ("pending", "succeeded"):
        raise refused(f"Refund {refund['id']} has a status of {refund['status']} and cannot fail.")
    before = refund["status"]
    refund.update(status="failed", failure_reason=reason, failure_balance_transaction=new_id("txn"))
    account.save(refund)
    _emit_update(account, refund, status=before)
    account.emit("refund.failed", refund)
    _move_refunded(account, account.fetch("charge", refund["charge"]), -refund["amount"])
    return refund


def succeed(account: Account, refund: Object) -> Object:
    """A pending refund reaches the customer."""
    if refund["status"] != "pending":
        raise refused(f"Refund {refund['id']} has a status of {refund['status']} and is not pending.")
    refund["status"] = "succeeded"
    account.save(refund)
    _emit_update(account, refund, status="pending")
    return refund


def set_reference(account: Account, refund: Object) -> Object:
    """The bank gives the number by which the customer can trace the refund."""
    before = dict(refund["destination_details"]["card"])
    refund["destination_details"]["card"].update(reference=REFERENCE, reference_status="available")
    account.save(refund)
    _emit_update(account, refund, destination_details={"card": before})
    return refund


def _emit_update(account: Account, refund: Object, **before: Any) -> None:
    for what in ("refund.updated", "charge.refund.updated"):
        account.emit(what, refund, **before)


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
    if not refundable(account, charge):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise refused(message, code="charge_disputed")
    return charge


def list_all(account: Account, params: Form) -> Object:
    """A page of refunds, of all or of one charge or intent."""
    wanted = {name: params[name] for name in ("charge", "payment_intent") if name in params}
    return page(account, "refund", "/v1/refunds", params, **wanted)
