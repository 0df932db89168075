"""Stripe. The one module that imports its SDK.

https://docs.stripe.com/api/payment_intents - https://docs.stripe.com/api/errors - https://docs.stripe.com/api/idempotent_requests
https://docs.stripe.com/api/setup_intents - https://docs.stripe.com/webhooks - https://docs.stripe.com/disputes/api
Clients make no retries of their own: the operation row decides what is repeated, and how.
"""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache, partial
from math import ceil
from threading import get_ident
from typing import Any, TypeVar, cast

import requests
import stripe
from django.conf import settings

from bookings.payments.base import (
    CardRefused,
    CustomerGone,
    Disputed,
    Intent,
    IntentStatus,
    MethodRefused,
    Refund,
    WrongIntentState,
)
from bookings.payments.events import BadSignature, Dispute, Event, MalformedEvent, Statement
from bookings.payments.wallet import SavedCard, SavedCards, Setup, UnknownCustomer, UnknownMethod
from findr import clock, faults
from findr.errors import VendorError

# Else the SDK writes an id into the home folder and reports timings.
stripe.enable_telemetry = False

T = TypeVar("T")
CONNECT_SECONDS, SILENCE_SECONDS = 3.0, 20
# 4xx statuses under which nobody knows what happened, or it may work later (contract 10.1, "an outage").
OUTAGE_STATUSES = {401, 403, 409, 424, 429}
# What an id or a type of Stripe's looks like: nothing else reaches a path or a table.
_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,255}")
_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
# How far the stamp of an event may be from our clock, either way: https://docs.stripe.com/webhooks#replay-attacks
STAMP_TOLERANCE_SECONDS = 300
_FAILED_REFUND = ("failed", "canceled")

# Time-outs of a socket end a silence, not an answer that drips in byte by byte. So each call runs in a thread of its
# own, and whoever waits for it stops waiting when the time is up.
_callers = ThreadPoolExecutor(settings.VENDOR_CALLS_AT_ONCE, thread_name_prefix="stripe")


@cache
def _client(key: str, base: str, seconds: int, thread: int) -> stripe.StripeClient:
    """One client per thread and read time-out: requests does not promise that a session may be shared."""
    addresses = dict.fromkeys(("api", "connect", "files", "meter_events"), base) if base else None
    session = requests.Session()
    session.trust_env = False
    return stripe.StripeClient(
        key,
        base_addresses=cast("Any", addresses),
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, seconds), session=session),
    )


def _call(seconds: float, send: Callable[[stripe.StripeClient], T]) -> T:
    """Make one call, in `seconds` of wall clock, and turn the SDK's errors into ours."""
    key, base, silence = settings.STRIPE_SECRET_KEY, settings.STRIPE_BASE, min(ceil(seconds), SILENCE_SECONDS)
    if not key:
        raise VendorError("Payments are not configured.", retryable=True)
    faults.reach("Stripe: before a call")
    call = _callers.submit(lambda: send(_client(key, base, silence, get_ident())))
    try:
        answer = call.result(timeout=seconds)
    except TimeoutError as error:
        call.cancel()  # Not made at all, if it has not begun.
        raise VendorError("Stripe did not answer in time.", retryable=True) from error
    except stripe.CardError as error:
        raise _card_refused(error) from error
    except stripe.APIConnectionError as error:
        raise VendorError(f"Stripe did not answer: {type(error).__name__}", retryable=True) from error
    except stripe.StripeError as error:
        raise _refusal(error) from error
    else:
        faults.reach("Stripe: after a call")
        return answer


def _read(seconds: float, send: Callable[[stripe.StripeClient], T]) -> T:
    """A call that changes nothing. It has no definite no: what it cannot tell now it may tell later."""
    try:
        return _call(seconds, send)
    except VendorError as error:
        raise VendorError(str(error), retryable=True) from error


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


def _intent(raw: Any) -> Intent:
    """An SDK object as our snapshot. `latest_charge` is an id unless it was expanded."""
    data: dict[str, Any] = raw.to_dict() if hasattr(raw, "to_dict") else raw
    charge = data.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    capture_before = card.get("capture_before")
    error = data.get("last_payment_error") or {}
    declined = error if error.get("type") == "card_error" else {}
    return Intent(
        id=data["id"],
        status=IntentStatus(data["status"]),
        amount_received=data.get("amount_received") or 0,
        amount_refunded=charge.get("amount_refunded") or 0,
        capture_before=datetime.fromtimestamp(capture_before, UTC) if capture_before else None,
        declined=declined.get("message") or "",
        decline_code=declined.get("decline_code") or "",
        client_secret=data.get("client_secret"),
        metadata=data.get("metadata") or {},
    )


def _refund(raw: Any) -> Refund:
    return Refund(id=raw.id, status=raw.status or "pending", amount=raw.amount)


_EXPANDED = ["latest_charge"]


def _post(path: str, body: dict[str, Any], *, key: str, seconds: float) -> Intent:
    """A call about one intent. Raw, since turning the answer into the SDK's objects and back costs more than all else."""
    whole = {**body, "expand": _EXPANDED, "idempotency_key": key}
    return _intent(_call(seconds, lambda it: it.raw_request("post", f"/v1/payment_intents{path}", **whole)).data)


class StripeGateway:
    """`PaymentGateway` over the Stripe SDK."""

    def is_configured(self) -> bool:
        return bool(settings.STRIPE_SECRET_KEY)

    def authorize(self, parameters: dict[str, Any], *, key: str, seconds: float) -> Intent:
        return _post("", {**parameters, "confirm": True}, key=key, seconds=seconds)

    def capture(self, intent_id: str, *, amount_cents: int, key: str, seconds: float) -> Intent:
        return _post(f"/{intent_id}/capture", {"amount_to_capture": amount_cents}, key=key, seconds=seconds)

    def cancel(self, intent_id: str, *, key: str, seconds: float) -> Intent:
        return _post(f"/{intent_id}/cancel", {}, key=key, seconds=seconds)

    def refund(self, intent_id: str, *, amount_cents: int, operation_id: str, key: str, seconds: float) -> Refund:
        body = cast(
            "Any",
            {"payment_intent": intent_id, "amount": amount_cents, "metadata": {"operation": operation_id}},
        )
        return _refund(_call(seconds, lambda it: it.v1.refunds.create(body, {"idempotency_key": key})))

    def retrieve(self, intent_id: str, *, seconds: float) -> Intent:
        path = f"/v1/payment_intents/{intent_id}"
        return _intent(_read(seconds, lambda it: it.raw_request("get", path, expand=_EXPANDED)).data)

    def intents_between(self, since: datetime, until: datetime, *, seconds: float) -> list[Intent]:
        body = cast("Any", _listed(since, until))
        pages = _read(seconds, lambda it: list(it.v1.payment_intents.list(body).auto_paging_iter()))
        return [_intent(raw) for raw in pages]

    def intent_pages(self, since: datetime, until: datetime, *, seconds: float) -> Iterator[list[Intent]]:
        body, has_more = _listed(since, until), True
        while has_more:
            page = _read(seconds, partial(_intents, body=body))
            yield [_intent(raw) for raw in page["data"]]
            has_more = page["has_more"]
            if has_more:
                body["starting_after"] = page["data"][-1]["id"]

    def find_refund(self, intent_id: str, *, operation_id: str, seconds: float) -> Refund | None:
        body = cast("Any", {"payment_intent": intent_id, "limit": 100})
        raws = _read(seconds, lambda it: list(it.v1.refunds.list(body).auto_paging_iter()))
        for raw in raws:
            if _metadata(raw).get("operation") == operation_id and raw.status not in _FAILED_REFUND:
                return _refund(raw)
        return None

    # --- The wallet -----------------------------------------------------------------------------------------------
    def find_customer(self, *, user: str, email: str, seconds: float) -> str | None:
        # By e-mail address and not by search: what search finds may be a minute behind.
        body = cast("Any", {"email": email, "limit": 100})
        for raw in _read(seconds, lambda it: list(it.v1.customers.list(body).auto_paging_iter())):
            if _metadata(raw).get("user") == user:
                return raw.id
        return None

    def create_customer(self, *, user: str, email: str, key: str, seconds: float) -> str:
        body = cast("Any", {"email": email, "metadata": {"user": user}})
        return _call(seconds, lambda it: it.v1.customers.create(body, {"idempotency_key": key})).id

    def begin_setup(self, customer: str, *, seconds: float) -> Setup:
        intent_body = cast(
            "Any", {"customer": customer, "usage": "off_session", "allowed_payment_method_types": ["card"]}
        )
        key_body = cast("Any", {"customer": customer})

        def send(it: stripe.StripeClient) -> Setup:
            key = it.v1.ephemeral_keys.create(key_body)
            intent = it.v1.setup_intents.create(intent_body)
            return Setup(client_secret=intent.client_secret or "", ephemeral_key=key.secret or "")

        return _of_customer(seconds, send)

    def saved_cards(self, customer: str, *, seconds: float) -> SavedCards:
        body = cast("Any", {"type": "card", "limit": 100})

        def send(it: stripe.StripeClient) -> SavedCards:
            owner: Any = it.v1.customers.retrieve(customer).to_dict()
            if owner.get("deleted"):
                raise UnknownCustomer(f"{customer} was deleted.")
            found = it.v1.customers.payment_methods.list(customer, body).auto_paging_iter()
            cards = tuple(_saved_card(raw.to_dict()) for raw in found)
            default = (owner.get("invoice_settings") or {}).get("default_payment_method")
            return SavedCards(cards, default if default in {card.id for card in cards} else None)

        return _of_customer(seconds, send)

    def remove_card(self, customer: str, method: str, *, seconds: float) -> None:
        _refuse_odd_id(method)

        def send(it: stripe.StripeClient) -> None:
            it.v1.customers.payment_methods.retrieve(customer, method)  # Only its owner's way leads to it.
            it.v1.payment_methods.detach(method)

        _of_customer(seconds, send)

    def make_default(self, customer: str, method: str, *, seconds: float) -> None:
        _refuse_odd_id(method)
        body = cast("Any", {"invoice_settings": {"default_payment_method": method}})

        def send(it: stripe.StripeClient) -> None:
            it.v1.customers.payment_methods.retrieve(customer, method)
            it.v1.customers.update(customer, body)

        _of_customer(seconds, send)

    # --- Events ---------------------------------------------------------------------------------------------------
    def read_event(self, body: bytes, signature: str) -> Event:
        try:
            stripe.WebhookSignature.verify_header(body, signature, settings.STRIPE_WEBHOOK_SECRET)
        except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
            raise BadSignature from error
        # The SDK's own tolerance looks at old stamps only, and at a clock that is not ours.
        stamp = next(int(item.split("=")[1]) for item in signature.split(",") if item.startswith("t="))
        if abs(stamp - int(clock.now().timestamp())) > STAMP_TOLERANCE_SECONDS:
            raise BadSignature
        return _event(body)

    def undelivered(self, since: datetime, *, seconds: float) -> list[Event]:
        # https://docs.stripe.com/webhooks/process-undelivered-events
        body = cast("Any", {"created": {"gte": int(since.timestamp())}, "delivery_success": False, "limit": 100})
        raws = _read(seconds, lambda it: list(it.v1.events.list(body).auto_paging_iter()))
        return [_event_of(raw.to_dict()) for raw in raws]

    def statement(self, intent_id: str, *, seconds: float) -> Statement | None:
        def send(it: stripe.StripeClient) -> Statement:
            raw: Any = it.v1.payment_intents.retrieve(intent_id, cast("Any", {"expand": ["latest_charge"]}))
            intent, of_it = _intent(raw), cast("Any", {"payment_intent": intent_id, "limit": 100})
            charge = raw.to_dict().get("latest_charge") or {}
            refunds = it.v1.refunds.list(of_it).auto_paging_iter() if intent.amount_received else ()
            disputes = it.v1.disputes.list(of_it).auto_paging_iter() if charge.get("disputed") else ()
            return Statement(
                intent,
                given_back=sum(refund.amount for refund in refunds if refund.status not in _FAILED_REFUND),
                dispute=max(map(_dispute, disputes), key=lambda dispute: dispute.opened_at, default=None),
            )

        try:
            return _call(seconds, send)
        except VendorError as error:
            if _missing(error):
                return None
            raise VendorError(str(error), retryable=True) from error


def _listed(since: datetime, until: datetime) -> dict[str, Any]:
    """What to ask for: the intents of that time, newest first, with what became of their charges."""
    created = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
    return {"created": created, "limit": 100, "expand": ["data.latest_charge"]}


def _intents(it: stripe.StripeClient, *, body: dict[str, Any]) -> dict[str, Any]:
    """One page of intents. Raw, as `_post`: the SDK's objects cost more than all else."""
    answer: Any = it.raw_request("get", "/v1/payment_intents", **body).data
    page: dict[str, Any] = answer.to_dict() if hasattr(answer, "to_dict") else answer
    return page


def _metadata(raw: Any) -> dict[str, str]:
    return raw.metadata.to_dict() if raw.metadata else {}


def _missing(error: VendorError) -> str:
    """What Stripe does not have: `resource_missing`'s own sentence, "No such customer: ...", blank for other errors."""
    cause = error.__cause__
    if isinstance(cause, stripe.InvalidRequestError) and cause.code == "resource_missing":
        return cause.user_message or "No such thing"
    return ""


def _of_customer(seconds: float, send: Callable[[stripe.StripeClient], T]) -> T:
    """Calls about one customer's wallet, under one wall clock. What is not there is told apart from what failed."""
    try:
        return _call(seconds, send)
    except MethodRefused as error:
        raise UnknownMethod(str(error)) from error
    except VendorError as error:
        missing = _missing(error)
        if missing.lower().startswith("no such customer"):
            raise UnknownCustomer(str(error)) from error
        if missing or "not attached to a customer" in str(getattr(error.__cause__, "user_message", "")):
            raise UnknownMethod(str(error)) from error
        raise


def _refuse_odd_id(method: str) -> None:
    """An id becomes part of a path: dots and their kind would lead elsewhere."""
    if not _ID.fullmatch(method):
        raise UnknownMethod("No id of Stripe's looks like this.")


def _saved_card(data: dict[str, Any]) -> SavedCard:
    card = data["card"]
    return SavedCard(
        id=data["id"],
        brand=card["brand"],
        last4=card["last4"],
        exp_month=card["exp_month"],
        exp_year=card["exp_year"],
    )


def _dispute(raw: Any) -> Dispute:
    opened_at = datetime.fromtimestamp(raw.created, UTC)
    return Dispute(id=raw.id, status=raw.status, amount=raw.amount, opened_at=opened_at)


def _event(body: bytes) -> Event:
    try:
        return _event_of(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise MalformedEvent from error


def _event_of(data: Any) -> Event:
    """Ids and a type, and nothing else of it."""
    try:
        made_at = datetime.fromtimestamp(data["created"], UTC)
        names = [data["id"], data["type"]]
        about = (data.get("data") or {}).get("object") or {}
        object_id, intent_id = _name(about.get("id")), _intent_of(names[1], about)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError) as error:
        raise MalformedEvent from error
    if not all(_name(name) for name in names):
        raise MalformedEvent
    return Event(id=names[0], type=names[1], made_at=made_at, object_id=object_id, intent_id=intent_id)


def _intent_of(kind: str, about: dict[str, Any]) -> str:
    """The intent behind an intent, a charge, a refund or a dispute."""
    if kind.startswith("payment_intent."):
        return _name(about.get("id"))
    if not kind.startswith(("charge.", "refund.")):
        return ""
    named = about.get("payment_intent")
    return _name(named.get("id") if isinstance(named, dict) else named)


def _name(given: Any) -> str:
    """A text that may be a name of Stripe's, else nothing."""
    return given if isinstance(given, str) and _NAME.fullmatch(given) else ""
