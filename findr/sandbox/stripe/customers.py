"""Customers (https://docs.stripe.com/api/customers)."""

from __future__ import annotations

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.errors import StripeRefusal, no_such, refused
from findr.sandbox.stripe.forms import Form, merged_metadata
from findr.sandbox.stripe.lists import page
from findr.sandbox.stripe.payment_methods import attach_to
from findr.sandbox.stripe.shapes import new_customer


def living(account: Account, identity: str) -> Object:
    """A customer that was not deleted; 404 otherwise."""
    customer = account.fetch("customer", identity)
    if customer.get("deleted"):
        raise no_such("customer", identity)
    return customer


def create(account: Account, params: Form) -> Object:
    """A new customer, with a payment method if one is given."""
    method = account.payment_method(params["payment_method"]) if "payment_method" in params else None
    params = {**params, "metadata": merged_metadata({}, params.get("metadata", {}))}
    customer = new_customer(account.now(), params)
    default = params.get("invoice_settings", {}).get("default_payment_method")
    if default and (method is None or default != method["id"]):
        raise _not_theirs(default)
    if method:
        attach_to(account, method, customer["id"])
    _set_default(account, customer, params)
    return account.save(customer)


def retrieve(account: Account, _params: Form, identity: str) -> Object:
    """One customer; a deleted one is only its id and the fact."""
    return account.fetch("customer", identity)


def list_all(account: Account, params: Form) -> Object:
    """A page of customers, of all or those with one e-mail address."""
    wanted = {"email": params["email"]} if "email" in params else {}
    return page(account, "customer", "/v1/customers", params, **wanted)


def update(account: Account, params: Form, identity: str) -> Object:
    """Change a customer."""
    customer = living(account, identity)
    _set_default(account, customer, params)
    change = {name: value for name, value in params.items() if name not in ("metadata", "invoice_settings")}
    customer.update(change, metadata=merged_metadata(customer["metadata"], params.get("metadata", {})))
    return account.save(customer)


def delete(account: Account, _params: Form, identity: str) -> Object:
    """Delete a customer for good; its payment methods are detached."""
    customer = living(account, identity)
    for method in list(account.ledger.newest_first("payment_method", customer=identity)):
        method["customer"] = None
        account.spend(method)
        account.save(method)
    gone = {"id": identity, "object": "customer", "deleted": True}
    customer.clear()
    customer.update(gone)
    return account.save(customer)


def _set_default(account: Account, customer: Object, params: Form) -> None:
    settings = params.get("invoice_settings", {})
    if "default_payment_method" not in settings:
        return
    name = settings["default_payment_method"]
    if name is not None:
        method = account.given("payment_method", name, "invoice_settings[default_payment_method]")
        if method["customer"] != customer["id"]:
            raise _not_theirs(name)
    customer["invoice_settings"]["default_payment_method"] = name


def _not_theirs(method: str) -> StripeRefusal:
    return refused(
        f"The customer does not have a payment method with the ID {method}. The payment method must be attached to the "
        "customer.",
        code="resource_missing",
        param="invoice_settings[default_payment_method]",
    )
