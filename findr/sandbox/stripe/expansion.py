"""Expanding ids into objects (https://docs.stripe.com/api/expanding_objects)."""

from __future__ import annotations

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.errors import bad_parameter
from findr.sandbox.stripe.lists import page

# What can be expanded in each kind of object, and what is found there.
EXPANDABLE = {
    "payment_intent": {"latest_charge": "charge", "customer": "customer", "payment_method": "payment_method"},
    "charge": {"payment_intent": "payment_intent", "customer": "customer", "refunds": "refund list"},
    "refund": {"charge": "charge", "payment_intent": "payment_intent", "payment_method": "payment_method"},
    "customer": {"invoice_settings": "invoice settings"},
    "invoice settings": {"default_payment_method": "payment_method"},
    "payment_method": {"customer": "customer"},
    "setup_intent": {"customer": "customer", "payment_method": "payment_method"},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
}
DEEPEST = 4


def _inside(kind: str) -> dict[str, str]:
    item = kind.removesuffix(" list")
    return EXPANDABLE.get(kind, {}) if item == kind else {"data": item}


def check_expansion(kind: str, paths: list[str]) -> None:
    """400 for a path that leads nowhere, before anything is done."""
    for number, path in enumerate(paths):
        steps = path.split(".")
        place: str | None = kind
        for step in steps:
            place = _inside(place).get(step) if place else None
        if place is None or place == "invoice settings" or steps[-1] == "data":
            raise bad_parameter(f"This property cannot be expanded ({path}).", param=f"expand[{number}]")
        if len(steps) > DEEPEST:
            raise bad_parameter("You cannot expand more than 4 levels of a property.", param=f"expand[{number}]")


def expanded(account: Account, kind: str, thing: Object, paths: list[str]) -> Object:
    """A copy of the object in which the ids at these (checked) paths are replaced by their objects."""
    for path in paths:
        thing = _expand(account, kind, thing, path.split("."))
    return thing


def _expand(account: Account, kind: str, thing: Object, steps: list[str]) -> Object:
    step, *rest = steps
    inner = _inside(kind).get(step)
    if inner is None or (step not in thing and inner != "refund list"):
        return thing
    value = thing.get(step)
    if inner == "refund list":
        value = page(account, "refund", f"/v1/charges/{thing['id']}/refunds", {"limit": 100}, charge=thing["id"])
    elif isinstance(value, list):
        return {**thing, step: [_expand(account, inner, item, rest) if rest else item for item in value]}
    elif isinstance(value, str):
        value = account.find(inner, value)
    if rest and value:
        value = _expand(account, inner, value, rest)
    return {**thing, step: value}
