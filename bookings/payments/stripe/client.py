"""Stripe's SDK. The one module that imports it: clients, calls within a time, and errors in findr's words.

https://docs.stripe.com/api/errors - https://docs.stripe.com/api/idempotent_requests - https://docs.stripe.com/webhooks
Clients make no retries of their own: the operation row decides what is repeated, and how.
"""

from collections.abc import Callable
from functools import cache
from math import ceil
from typing import Any, TypeVar, cast

import stripe
from django.conf import settings

from bookings.payments.gateway import CardRefused, CustomerGone, Disputed, MethodRefused, WrongIntentState
from bookings.payments.stripe.http_client import PooledClient
from bookings.payments.stripe.objects import intent_of
from findr.vendors.calls import VendorCalls
from findr.vendors.errors import VendorError

# Else the SDK writes an id into the home folder and reports timings.
stripe.enable_telemetry = False

T = TypeVar("T")
Client = stripe.StripeClient
SILENCE_SECONDS = 20
# 4xx statuses under which nobody knows what happened, or it may work later (contract 10.1, "an outage").
OUTAGE_STATUSES = {401, 403, 409, 424, 429}
_calls = VendorCalls("Stripe")


@cache
def _client(key: str, base: str, seconds: int) -> Client:
    """One for each read time-out."""
    addresses = dict.fromkeys(("api", "connect", "files", "meter_events"), base) if base else None
    return Client(key, base_addresses=cast("Any", addresses), max_network_retries=0, http_client=PooledClient(seconds))


def call(seconds: float, send: Callable[[Client], T]) -> T:
    """Make one call, in `seconds` of wall clock, and turn the SDK's errors into ours.

    Raises:
        VendorError, and those of its kind in `bookings.payments.gateway`.
    """
    key, base, silence = settings.STRIPE_SECRET_KEY, settings.STRIPE_BASE, min(ceil(seconds), SILENCE_SECONDS)
    if not key:
        raise VendorError("Payments are not configured.", retryable=True)
    try:
        return _calls.within(seconds, lambda: send(_client(key, base, silence)))
    except stripe.CardError as error:
        raise _card_refused(error) from error
    except stripe.APIConnectionError as error:
        raise VendorError(f"Stripe did not answer: {type(error).__name__}", retryable=True) from error
    except stripe.StripeError as error:
        raise _refusal(error) from error


def read(seconds: float, send: Callable[[Client], T]) -> T:
    """A call that changes nothing. It has no definite no: what it cannot tell now it may tell later."""
    try:
        return call(seconds, send)
    except VendorError as error:
        raise VendorError(str(error), retryable=True) from error


def _card_refused(error: stripe.CardError) -> CardRefused:
    details: Any = error.error
    raw: Any = getattr(details, "payment_intent", None)
    return CardRefused(
        error.user_message or "Your card was declined.",
        code=error.code or "card_declined",
        decline_code=getattr(details, "decline_code", None) or "",
        intent=intent_of(raw) if raw else None,
    )


def _refusal(error: stripe.StripeError) -> VendorError:
    status, code = error.http_status or 0, getattr(error.error, "code", None) or error.code or ""
    message = f"Stripe answered {status} {code}".strip()
    if isinstance(error, stripe.IdempotencyError):
        return VendorError(message, retryable=True, stored=True)  # The key was used for something else: never again.
    if not 400 <= status < 500 or status in OUTAGE_STATUSES:
        # A 5xx is kept under the idempotency key and would be replayed for ever.
        return VendorError(message, retryable=True, stored=status >= 500)
    param = getattr(error, "param", None) or ""
    if code in ("payment_intent_unexpected_state", "charge_already_refunded", "charge_not_refundable"):
        return WrongIntentState(message)
    if code == "charge_disputed":
        return Disputed(message)
    if code == "resource_missing" and param == "customer":
        return CustomerGone(message)
    # A method that was used up says so in words alone: no code, no param.
    if "payment_method" in param or "payment_method" in code or "PaymentMethod" in (error.user_message or ""):
        return MethodRefused(error.user_message or "This payment method cannot be used.", code=code or "invalid")
    return VendorError(message, retryable=False)


def missing(error: VendorError) -> str:
    """What Stripe does not have: `resource_missing`'s own sentence, "No such customer: ...", blank for other errors."""
    cause = error.__cause__
    if isinstance(cause, stripe.InvalidRequestError) and cause.code == "resource_missing":
        return cause.user_message or "No such thing"
    return ""


def is_signed(body: bytes, signature: str) -> bool:
    """Whether Stripe signed these bytes. https://docs.stripe.com/webhooks#verify-manually"""
    try:
        stripe.WebhookSignature.verify_header(body, signature, settings.STRIPE_WEBHOOK_SECRET)
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        return False
    return True
