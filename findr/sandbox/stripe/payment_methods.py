"""PaymentMethods (https://docs.stripe.com/api/payment_methods)."""

from __future__ import annotations

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.cards import MESSAGES
from findr.sandbox.stripe.errors import StripeRefusal, error_body, no_such, refused
from findr.sandbox.stripe.forms import Form
from findr.sandbox.stripe.lists import page


def list_of_customer(account: Account, params: Form, customer: str) -> Object:
    """A page of one customer's payment methods."""
    if account.fetch("customer", customer).get("deleted"):
        raise no_such("customer", customer)
    return page(account, "payment_method", f"/v1/customers/{customer}/payment_methods", params, customer=customer)


def retrieve_of_customer(account: Account, _params: Form, customer: str, identity: str) -> Object:
    """One of a customer's payment methods."""
    account.fetch("customer", customer)
    method = account.fetch("payment_method", identity)
    if method["customer"] != customer:
        raise no_such("payment_method", identity)
    return method


def attach_to(account: Account, method: Object, customer: str) -> Object:
    """Attach unless the method is somebody else's or used up; 402 if the bank declines the card even for that."""
    if method["customer"] and method["customer"] != customer:
        raise refused("The payment method you provided has already been attached to a customer.")
    if account.is_spent(method):
        raise refused(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again."
        )
    card = account.card(method)
    if card.declined_as and card.declines_when_saved:
        reason = card.declined_as
        raise StripeRefusal(402, error_body("card_error", MESSAGES[reason], code="card_declined", decline_code=reason))
    if method["customer"] is None:
        method["customer"] = customer
        account.save(method)
        account.emit("payment_method.attached", method)
    return method


def detach(account: Account, _params: Form, identity: str) -> Object:
    """Take a payment method away from its customer; it cannot be used any more."""
    method = account.fetch("payment_method", identity)
    if not method["customer"]:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise refused(message)
    customer = account.fetch("customer", method["customer"])
    if customer["invoice_settings"]["default_payment_method"] == identity:
        customer["invoice_settings"]["default_payment_method"] = None
        account.save(customer)
    method["customer"] = None
    account.spend(method)
    account.save(method)
    account.emit("payment_method.detached", method, customer=customer["id"])
    return method
