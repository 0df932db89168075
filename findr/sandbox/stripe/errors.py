"""Stripe's refusals, in Stripe's own shape (https://docs.stripe.com/api/errors and /error-codes)."""

from __future__ import annotations

from typing import Any

from findr.sandbox.routes import Refusal, UnknownParameter, UnknownPath

NAMES = {"payment_method": "PaymentMethod", "setup_intent": "setupintent", "ephemeral_key": "ephemeral key"}
BY_ID = ("charge", "event", "refund")


class StripeRefusal(Refusal):
    """An error answer. ``executed`` False: refused before the endpoint ran, so no idempotency key remembers it."""

    def __init__(self, status: int, error: dict[str, Any], *, executed: bool = True) -> None:
        super().__init__(error.get("message"))
        self.status = status
        self.error = error
        self.executed = executed


def error_body(kind: str, message: str, **fields: Any) -> dict[str, Any]:
    """An error object: fields that are None are left out, a code brings its documentation page."""
    error = {"message": message, "type": kind, **{name: value for name, value in fields.items() if value is not None}}
    code = error.get("code")
    if code:
        error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    return error


def as_stripes(refusal: Refusal) -> StripeRefusal:
    """Any refusal in Stripe's words: what the sandbox itself refuses was never executed."""
    if isinstance(refusal, StripeRefusal):
        return refusal
    if isinstance(refusal, UnknownPath):
        message = f"Unrecognized request URL ({refusal.method}: {refusal.path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
        return StripeRefusal(404, error_body("invalid_request_error", message), executed=False)
    if isinstance(refusal, UnknownParameter):
        name = refusal.name
        return bad_parameter(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    return bad_parameter(str(refusal))


def refused(message: str, *, status: int = 400, **fields: Any) -> StripeRefusal:
    """The endpoint ran and refused: a state, an amount, an unknown object in a parameter."""
    return StripeRefusal(status, error_body("invalid_request_error", message, **fields))


def bad_parameter(message: str, **fields: Any) -> StripeRefusal:
    """The parameters alone are wrong; nothing was executed."""
    return StripeRefusal(400, error_body("invalid_request_error", message, **fields), executed=False)


def no_such(kind: str, identity: str) -> StripeRefusal:
    """404 for an id in the path (https://docs.stripe.com/error-codes#resource-missing)."""
    param = {"payment_intent": "intent", "setup_intent": "intent"}.get(kind, "id" if kind in BY_ID else kind)
    name = NAMES.get(kind, kind)
    return refused(f"No such {name}: '{identity}'", status=404, code="resource_missing", param=param)


def no_such_parameter(kind: str, identity: str, param: str) -> StripeRefusal:
    """400 for an unknown id in a parameter."""
    name = NAMES.get(kind, kind)
    return refused(f"No such {name}: '{identity}'", code="resource_missing", param=param)


def unexpected_state(message: str, intent: dict[str, Any]) -> StripeRefusal:
    """The intent's status does not allow this; the answer holds the intent as it is."""
    kind = intent["object"]
    fields = {"code": f"{kind}_unexpected_state", kind: dict(intent)}
    return StripeRefusal(400, error_body("invalid_request_error", message, **fields))
