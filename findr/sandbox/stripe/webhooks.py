"""Stripe's webhooks (https://docs.stripe.com/webhooks): each event, signed, to the one endpoint."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, ClassVar

from findr.sandbox.deliveries.engine import Deliveries
from findr.sandbox.deliveries.notice import Notice, Parcel, Spoils
from findr.sandbox.ledger import Object
from findr.sandbox.stripe.endpoint import Endpoint, signature
from findr.sandbox.vendor import Context

FORGER = "whsec_of_somebody_else"
ENDPOINT = "endpoint"


class StripeWebhooks:
    """Supplies the deliveries with events. A forged one has a wrong signature, a postdate another moment's."""

    spoils: ClassVar[tuple[str, ...]] = ("forge", "postdate")

    def __init__(self, context: Context, endpoint: Endpoint) -> None:
        self._ledger = context.ledger
        self._clock = context.clock
        self._started_with = endpoint
        self.deliveries = Deliveries(context.ledger, self)
        self.use(endpoint)

    def use(self, endpoint: Endpoint) -> None:
        """Send to this endpoint from now on."""
        self.endpoint = endpoint
        self.deliveries.use(endpoint.policy)

    def announce(self, event: Object) -> None:
        """Send an event that has just happened, if the endpoint wants it."""
        if self.endpoint.wants(event["type"]):
            self.deliveries.announce(_notice(event))

    def state(self) -> dict[str, Any]:
        """The endpoint, beside what the deliveries say."""
        return {"endpoint": asdict(self.endpoint), **self.deliveries.state()}

    def reset(self) -> None:
        """Drop everything that is pending; the endpoint is the one of the start again."""
        self.deliveries.reset()
        self.use(self._started_with)

    def find(self, identity: str) -> Notice | None:
        """An event."""
        event = self._ledger.get("event", identity)
        return _notice(event) if event else None

    def parcel(self, notice: Notice, spoils: Spoils) -> Parcel | None:
        """The event, indented as Stripe's are, signed for this moment; None without an endpoint."""
        event = self._ledger.get("event", notice.id)
        if self.endpoint.url is None or event is None:
            return None
        payload = json.dumps(event, indent=2).encode()
        shifted, forged = int(spoils.get("postdate", 0)), "forge" in spoils
        at = self._clock.now() + shifted
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(payload, FORGER if forged else self.endpoint.secret, at),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        noted = {"timestamp": at, "forged": forged, "shifted_seconds": shifted}
        return Parcel(self.endpoint.url, headers, payload, noted)

    def expected(self, notice: Notice) -> None:
        """Stripe counts the endpoints that an event has not reached."""
        self._set_pending(notice, 1)

    def settled(self, notice: Notice, *, delivered: bool) -> None:
        """What is given up stays undelivered."""
        if delivered:
            self._set_pending(notice, 0)

    def _set_pending(self, notice: Notice, count: int) -> None:
        event = self._ledger.get("event", notice.id)
        if event:
            event["pending_webhooks"] = count
            self._ledger.put("event", event)


def _notice(event: Object) -> Notice:
    return Notice(event["id"], event["type"], ENDPOINT, event["data"]["object"].get("id"))
