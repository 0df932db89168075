"""What Stripe reports, and what is true of a payment there. https://docs.stripe.com/webhooks - https://docs.stripe.com/disputes/api"""

import json
import re
from datetime import UTC, datetime
from typing import Any, cast

from bookings.payments.event_gateway import Dispute, Event, MalformedEvent, PaymentSnapshot, UnsignedEvent
from bookings.payments.gateway import FAILED_REFUND, Page
from bookings.payments.stripe.client import Client, call, is_signed, missing, read
from bookings.payments.stripe.objects import intent_of
from findr import clock
from findr.vendors.errors import VendorError

# What an id and a type of Stripe's look like: nothing else reaches a table. Dots stand between words only, since an id
# becomes part of a path; an intent's begins with its kind.
_NAME = re.compile(r"(?=.{1,255}\Z)[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*")
_INTENT = re.compile(r"pi_[A-Za-z0-9_]{1,252}")
# How far the stamp of an event may be from our clock, either way: https://docs.stripe.com/webhooks#replay-attacks
STAMP_TOLERANCE_SECONDS = 300


class StripeEvents:
    """`EventGateway` over the Stripe SDK."""

    def read_event(self, body: bytes, signature: str) -> Event:
        if not is_signed(body, signature):
            raise UnsignedEvent
        # The SDK's own tolerance looks at old stamps only, and at a clock that is not ours.
        stamp = next(int(item.split("=")[1]) for item in signature.split(",") if item.startswith("t="))
        if abs(stamp - int(clock.now().timestamp())) > STAMP_TOLERANCE_SECONDS:
            raise UnsignedEvent
        return _event(body)

    def undelivered_page(self, since: datetime, *, after: str, seconds: float) -> Page[Event]:
        # https://docs.stripe.com/webhooks/process-undelivered-events
        body: dict[str, Any] = {"created": {"gte": int(since.timestamp())}, "delivery_success": False, "limit": 100}
        whole = body | ({"starting_after": after} if after else {})
        page: Any = read(seconds, lambda it: it.v1.events.list(cast("Any", whole))).to_dict()
        events = [_event_of(raw) for raw in page["data"]]
        return Page(events, after=events[-1].id if page["has_more"] else "")

    def snapshot(self, intent_id: str, *, seconds: float) -> PaymentSnapshot | None:
        def send(it: Client) -> PaymentSnapshot:
            raw: Any = it.v1.payment_intents.retrieve(intent_id, cast("Any", {"expand": ["latest_charge"]}))
            intent, of_it = intent_of(raw), cast("Any", {"payment_intent": intent_id, "limit": 100})
            charge = raw.to_dict().get("latest_charge") or {}
            refunds = it.v1.refunds.list(of_it).auto_paging_iter() if intent.amount_received else ()
            disputes = it.v1.disputes.list(of_it).auto_paging_iter() if charge.get("disputed") else ()
            return PaymentSnapshot(
                intent,
                given_back=sum(refund.amount for refund in refunds if refund.status not in FAILED_REFUND),
                dispute=max(map(_dispute, disputes), key=lambda dispute: dispute.opened_at, default=None),
            )

        try:
            return call(seconds, send)
        except VendorError as error:
            if missing(error):
                return None
            raise VendorError(str(error), retryable=True) from error


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
        return _name(about.get("id"), _INTENT)
    if not kind.startswith(("charge.", "refund.")):
        return ""
    named = about.get("payment_intent")
    return _name(named.get("id") if isinstance(named, dict) else named, _INTENT)


def _name(given: Any, looks_like: re.Pattern[str] = _NAME) -> str:
    """A text that may be a name of Stripe's, else nothing."""
    return given if isinstance(given, str) and looks_like.fullmatch(given) else ""
