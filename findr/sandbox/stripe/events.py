"""Events (https://docs.stripe.com/api/events): what happened, with each object as it was at that moment."""

from __future__ import annotations

from fnmatch import fnmatchcase

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.errors import bad_parameter
from findr.sandbox.stripe.forms import Form
from findr.sandbox.stripe.lists import page

MOST_TYPES = 20


def check_types(params: Form) -> None:
    """400 for both a type and types, or for too many."""
    if "type" in params and "types" in params:
        raise bad_parameter("You may only specify one of these parameters: type, types.")
    if len(params.get("types", [])) > MOST_TYPES:
        raise bad_parameter(f"You may pass at most {MOST_TYPES} types.", param="types")


def list_all(account: Account, params: Form) -> Object:
    """A page of events, of all or of some types (``*`` stands for anything) or delivered or not."""
    types = [params["type"]] if "type" in params else params.get("types")
    delivered = params.get("delivery_success")

    def wanted(event: Object) -> bool:
        if delivered is not None and delivered != (event["pending_webhooks"] == 0):
            return False
        return types is None or any(fnmatchcase(event["type"], pattern) for pattern in types)

    return page(account, "event", "/v1/events", params, only=wanted)
