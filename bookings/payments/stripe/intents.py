"""Stripe's intents and refunds. https://docs.stripe.com/api/payment_intents - https://docs.stripe.com/api/refunds"""

from datetime import datetime
from functools import partial
from typing import Any, cast

from django.conf import settings

from bookings.payments.gateway import FAILED_REFUND, Intent, Page, Refund
from bookings.payments.stripe.client import Client, call, read
from bookings.payments.stripe.objects import intent_of, metadata_of, refund_of

_EXPANDED = ["latest_charge"]


def _post(path: str, body: dict[str, Any], *, key: str, seconds: float) -> Intent:
    """A call about one intent. Raw, since turning the answer into the SDK's objects and back costs more than all else."""
    whole = {**body, "expand": _EXPANDED, "idempotency_key": key}
    return intent_of(call(seconds, lambda it: it.raw_request("post", f"/v1/payment_intents{path}", **whole)).data)


class StripeIntents:
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
        return refund_of(call(seconds, lambda it: it.v1.refunds.create(body, {"idempotency_key": key})))

    def retrieve(self, intent_id: str, *, seconds: float) -> Intent:
        path = f"/v1/payment_intents/{intent_id}"
        return intent_of(read(seconds, lambda it: it.raw_request("get", path, expand=_EXPANDED)).data)

    def intent_page(self, since: datetime, until: datetime, *, after: str, seconds: float) -> Page[Intent]:
        body = _listed(since, until) | ({"starting_after": after} if after else {})
        page = read(seconds, partial(_intents, body=body))
        intents = [intent_of(raw) for raw in page["data"]]
        return Page(intents, after=intents[-1].id if page["has_more"] else "")

    def find_refund(self, intent_id: str, *, operation_id: str, seconds: float) -> Refund | None:
        body = cast("Any", {"payment_intent": intent_id, "limit": 100})
        raws = read(seconds, lambda it: list(it.v1.refunds.list(body).auto_paging_iter()))
        for raw in raws:
            if metadata_of(raw).get("operation") == operation_id and raw.status not in FAILED_REFUND:
                return refund_of(raw)
        return None


def _listed(since: datetime, until: datetime) -> dict[str, Any]:
    """What to ask for: the intents of that time, newest first, with what became of their charges."""
    created = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
    return {"created": created, "limit": 100, "expand": ["data.latest_charge"]}


def _intents(it: Client, *, body: dict[str, Any]) -> dict[str, Any]:
    """One page of intents. Raw, as `_post`: the SDK's objects cost more than all else."""
    answer: Any = it.raw_request("get", "/v1/payment_intents", **body).data
    page: dict[str, Any] = answer.to_dict() if hasattr(answer, "to_dict") else answer
    return page
