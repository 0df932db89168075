"""Stripe. The one module that imports its SDK.

https://docs.stripe.com/api/payment_intents - https://docs.stripe.com/api/errors - https://docs.stripe.com/api/idempotent_requests
Clients make no retries of their own: the operation row decides what is repeated, and how.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from threading import local
from typing import Any, TypeVar, cast

import requests
import stripe
from django.conf import settings

from bookings.payments.base import CardRefused, Intent, IntentStatus, MethodRefused, Refund, WrongIntentState
from findr.errors import VendorError

# Else the SDK writes an id into the home folder and reports timings.
stripe.enable_telemetry = False

T = TypeVar("T")
CONNECT_SECONDS = 3.0
CHUNK_BYTES = 16 * 1024
# Statuses under which nobody knows what happened, or it may work later (contract 10.1, "an outage").
OUTAGE_STATUSES = {401, 403, 409, 429}


class _Deadline(local):
    """The end of the call that this thread is making, on the monotonic clock."""

    at: float = 0.0

    def left(self) -> float:
        return max(0.001, self.at - time.monotonic())


_deadline = _Deadline()
_sessions = local()


class _TimedClient(stripe.RequestsClient):
    """An HTTP client whose calls end at the thread's deadline, even when the answer drips in byte by byte."""

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[Any, int, Mapping[str, str]]:
        """One call, as the SDK asks for it: body, status, headers.

        Raises:
            stripe.APIConnectionError: no whole answer in time, or a broken connection.
        """
        left = _deadline.left()
        try:
            with _session().request(
                method, url, headers=headers, data=post_data, timeout=(min(CONNECT_SECONDS, left), left), stream=True
            ) as response:
                body = bytearray()
                for chunk in response.iter_content(CHUNK_BYTES):
                    body += chunk
                    if time.monotonic() > _deadline.at:
                        raise _no_answer("it took longer than the call may take")
                return bytes(body), response.status_code, response.headers
        except requests.RequestException as error:
            raise _no_answer(type(error).__name__) from error


def _no_answer(why: str) -> stripe.APIConnectionError:
    return cast("Any", stripe.APIConnectionError)(why)  # type: ignore[no-any-return]


def _session() -> requests.Session:
    """A session per thread: requests does not promise that one may be shared."""
    session: requests.Session | None = getattr(_sessions, "session", None)
    if session is None:
        session = _sessions.session = requests.Session()
        session.trust_env = False
    return session


def _client() -> stripe.StripeClient:
    if not settings.STRIPE_SECRET_KEY:
        raise VendorError("Payments are not configured.", retryable=True)
    return _client_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_BASE)


@cache
def _client_for(key: str, base: str) -> stripe.StripeClient:
    """One client per process: the SDK's is made to be shared between threads."""
    addresses = dict.fromkeys(("api", "connect", "files", "meter_events"), base) if base else None
    return stripe.StripeClient(
        key,
        base_addresses=cast("Any", addresses),
        max_network_retries=0,
        http_client=_TimedClient(),
    )


def _call(seconds: float, send: Callable[[stripe.StripeClient], T]) -> T:
    """Make one call and turn the SDK's errors into ours."""
    _deadline.at = time.monotonic() + seconds
    try:
        return send(_client())
    except stripe.CardError as error:
        raise _card_refused(error) from error
    except stripe.APIConnectionError as error:
        raise VendorError(f"Stripe did not answer: {type(error).__name__}", retryable=True) from error
    except stripe.StripeError as error:
        raise _refusal(error) from error


def _card_refused(error: stripe.CardError) -> CardRefused:
    details: Any = error.error
    raw = getattr(details, "payment_intent", None)
    return CardRefused(
        error.user_message or "Your card was declined.",
        code=error.code or "card_declined",
        decline_code=getattr(details, "decline_code", None) or "",
        intent=_intent(raw) if raw else None,
    )


def _refusal(error: stripe.StripeError) -> VendorError:
    status, code = error.http_status or 0, getattr(error.error, "code", None) or error.code or ""
    message = f"Stripe answered {status} {code}".strip()
    if status >= 500 or status in OUTAGE_STATUSES or not status:
        # A 5xx is kept under the idempotency key and would be replayed for ever.
        return VendorError(message, retryable=True, stored=status >= 500)
    param = getattr(error, "param", None) or ""
    if code in ("payment_intent_unexpected_state", "charge_already_refunded", "charge_not_refundable"):
        return WrongIntentState(message)
    # A method that was used up says so in words alone: no code, no param.
    if "payment_method" in param or "payment_method" in code or "PaymentMethod" in (error.user_message or ""):
        return MethodRefused(error.user_message or "This payment method cannot be used.", code=code or "invalid")
    return VendorError(message, retryable=False)


def _intent(raw: Any) -> Intent:
    """An SDK object as our snapshot. `latest_charge` is an id unless it was expanded."""
    data: dict[str, Any] = raw.to_dict() if hasattr(raw, "to_dict") else raw
    charge = data.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    capture_before = card.get("capture_before")
    return Intent(
        id=data["id"],
        status=IntentStatus(data["status"]),
        amount_received=data.get("amount_received") or 0,
        amount_refunded=charge.get("amount_refunded") or 0,
        capture_before=datetime.fromtimestamp(capture_before, UTC) if capture_before else None,
        client_secret=data.get("client_secret"),
        metadata=data.get("metadata") or {},
    )


def _refund(raw: Any) -> Refund:
    return Refund(id=raw.id, status=raw.status or "pending", amount=raw.amount)


class StripeGateway:
    """`PaymentGateway` over the Stripe SDK."""

    def authorize(self, parameters: dict[str, Any], *, key: str, seconds: float) -> Intent:
        body = cast("Any", {**parameters, "confirm": True, "expand": ["latest_charge"]})
        return _intent(_call(seconds, lambda it: it.v1.payment_intents.create(body, {"idempotency_key": key})))

    def capture(self, intent_id: str, *, amount_cents: int, key: str, seconds: float) -> Intent:
        body = cast("Any", {"amount_to_capture": amount_cents, "expand": ["latest_charge"]})
        return _intent(
            _call(seconds, lambda it: it.v1.payment_intents.capture(intent_id, body, {"idempotency_key": key}))
        )

    def cancel(self, intent_id: str, *, key: str, seconds: float) -> Intent:
        body = cast("Any", {"expand": ["latest_charge"]})
        return _intent(
            _call(seconds, lambda it: it.v1.payment_intents.cancel(intent_id, body, {"idempotency_key": key}))
        )

    def refund(self, intent_id: str, *, amount_cents: int, operation_id: str, key: str, seconds: float) -> Refund:
        body = cast(
            "Any",
            {"payment_intent": intent_id, "amount": amount_cents, "metadata": {"operation": operation_id}},
        )
        return _refund(_call(seconds, lambda it: it.v1.refunds.create(body, {"idempotency_key": key})))

    def retrieve(self, intent_id: str, *, seconds: float) -> Intent:
        body = cast("Any", {"expand": ["latest_charge"]})
        return _intent(_call(seconds, lambda it: it.v1.payment_intents.retrieve(intent_id, body)))

    def intents_since(self, since: datetime, *, seconds: float) -> list[Intent]:
        body = cast("Any", {"created": {"gte": int(since.timestamp())}, "limit": 100, "expand": ["data.latest_charge"]})
        pages = _call(seconds, lambda it: list(it.v1.payment_intents.list(body).auto_paging_iter()))
        return [_intent(raw) for raw in pages]

    def find_refund(self, intent_id: str, *, operation_id: str, seconds: float) -> Refund | None:
        body = cast("Any", {"payment_intent": intent_id, "limit": 100})
        raws = _call(seconds, lambda it: list(it.v1.refunds.list(body).auto_paging_iter()))
        for raw in raws:
            if (raw.metadata or {}).to_dict().get("operation") == operation_id:  # type: ignore[union-attr]
                return _refund(raw)
        return None
