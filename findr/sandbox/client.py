"""The sandbox's control interface for tests and commands: read the vendors' truth, make them misbehave."""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from findr.sandbox.webhook_client import WebhookClient

Object = dict[str, Any]
COLLECTIONS = {
    "pi": "payment_intents",
    "seti": "setup_intents",
    "ch": "charges",
    "re": "refunds",
    "du": "disputes",
}


class ControlRefused(Exception):
    """The sandbox refused a control request; holds its status and error."""

    def __init__(self, status: int, error: Object) -> None:
        super().__init__(f"{status}: {error.get('message')}")
        self.status = status
        self.error = error


class SandboxClient:
    """Talks to a running sandbox. Safe to share between threads."""

    def __init__(self, base_url: str, timeout: float = 10.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout
        # The sandbox is on this machine; a proxy from the environment would not find it.
        self._opener = build_opener(ProxyHandler({}))
        self.webhooks = WebhookClient(self._call)

    def healthy(self) -> bool:
        """Whether the sandbox answers."""
        try:
            return bool(self._call("GET", "/__health")["status"] == "ok")
        except OSError:
            return False

    def ledger(self) -> Object:
        """Everything the vendors know, such as ``ledger()["stripe"]["payment_intents"][id]``."""
        return self._call("GET", "/__ledger")

    def totals(self, currency: str = "usd") -> dict[str, int]:
        """Cents ``held``, ``received`` and ``refunded`` at Stripe."""
        nothing = {"held": 0, "received": 0, "refunded": 0}
        return cast("dict[str, int]", self.ledger()["stripe"]["totals"].get(currency, nothing))

    def intents(self, **metadata: str) -> list[Object]:
        """The payment intents with this metadata, oldest first."""
        found = self.ledger()["stripe"]["payment_intents"].values()
        return [intent for intent in found if metadata.items() <= intent["metadata"].items()]

    def intent(self, intent: str) -> Object:
        """One payment intent; KeyError if there is none."""
        return cast("Object", self.ledger()["stripe"]["payment_intents"][intent])

    def refunds(self, intent: str) -> list[Object]:
        """The refunds of one intent, oldest first."""
        return [one for one in self.ledger()["stripe"]["refunds"].values() if one["payment_intent"] == intent]

    def disputes(self, intent: str) -> list[Object]:
        """The disputes of one intent's charges, oldest first."""
        return [one for one in self.ledger()["stripe"]["disputes"].values() if one["payment_intent"] == intent]

    def setup_intents(self, customer: str) -> list[Object]:
        """The setup intents of one customer, oldest first."""
        return [one for one in self.ledger()["stripe"]["setup_intents"].values() if one["customer"] == customer]

    def events(self, what: str = "*") -> list[Object]:
        """The events of these types (``*`` stands for anything), oldest first, sent or not."""
        return cast("list[Object]", self._call("GET", f"/__stripe/events?{urlencode({'type': what})}")["events"])

    def make_event(self, what: str, thing: Object) -> Object:
        """An event that never was, about any object; sent like every other."""
        return self._call("POST", "/__stripe/events", {"type": what, "object": thing})

    def log(self, since: int = 0) -> list[Object]:
        """The vendor calls after call number ``since``."""
        return cast("list[Object]", self._call("GET", f"/__log?since={since}")["calls"])

    def reset(self) -> None:
        """Forget everything: ledger, keys, log, misbehaviour, clock."""
        self._call("POST", "/__reset")

    def misbehave(self, *rules: Object) -> None:
        """Add rules; see ``findr.sandbox.misbehaviour.Rule``."""
        self._call("POST", "/__misbehave", list(rules))

    def behave(self) -> None:
        """Drop every rule."""
        self._call("POST", "/__misbehave/clear")

    def now(self) -> int:
        """The sandbox's clock in seconds since the epoch."""
        return int(self._call("GET", "/__clock")["now"])

    def move_clock(self, offset_seconds: int) -> None:
        """Set how far the sandbox's clock is ahead of the machine's."""
        self._call("POST", "/__clock", {"offset_seconds": offset_seconds})

    def confirm(self, intent: str, **given: Any) -> Object:
        """The app confirms a payment or setup intent (``payment_method``, ``return_url``)."""
        return self._happen(intent, "confirm", given)

    def authentication_url(self, intent: str) -> str:
        """The 3-D Secure page of a waiting payment or setup intent, for a browser."""
        action = self.ledger()["stripe"][_collection(intent)][intent]["next_action"]
        return cast("str", action[action["type"]].get("url") or action[action["type"]]["stripe_js"])

    def authenticate(self, intent: str) -> Object:
        """The customer passes 3-D Secure, for a payment or setup intent."""
        return self._happen(intent, "authenticate")

    def fail_authentication(self, intent: str) -> Object:
        """The customer fails 3-D Secure."""
        return self._happen(intent, "fail_authentication")

    def lapse(self, intent: str) -> Object:
        """The hold expires now."""
        return self._happen(intent, "lapse")

    def capture(self, intent: str, **given: Any) -> Object:
        """Somebody captures in Stripe's dashboard (``amount_to_capture``)."""
        return self._happen(intent, "capture", given)

    def cancel(self, intent: str, **given: Any) -> Object:
        """Somebody cancels in Stripe's dashboard (``cancellation_reason``)."""
        return self._happen(intent, "cancel", given)

    def refund(self, intent: str, **given: Any) -> Object:
        """Somebody refunds in Stripe's dashboard (``amount``, ``reason``); gives the intent."""
        return self._happen(intent, "refund", given)

    def dispute(self, thing: str, **given: Any) -> Object:
        """The customer disputes an intent's charge at their bank (``amount``, ``reason``, ``status``); the dispute."""
        return self._happen(thing, "dispute", given)

    def close_dispute(self, dispute: str, status: str = "won") -> Object:
        """The bank decides: ``won``, ``lost`` or, for an inquiry, ``warning_closed``."""
        return self._happen(dispute, "close", {"status": status})

    def fail_refund(self, refund: str, **given: Any) -> Object:
        """A refund fails, also after it had succeeded (``failure_reason``)."""
        return self._happen(refund, "fail", given)

    def succeed_refund(self, refund: str) -> Object:
        """A pending refund (``pm_card_pendingRefund``) reaches the customer."""
        return self._happen(refund, "succeed")

    def refer_refund(self, refund: str) -> Object:
        """The bank's reference for a refund arrives: ``refund.updated``."""
        return self._happen(refund, "reference")

    def _happen(self, thing: str, what: str, given: Object | None = None) -> Object:
        return self._call("POST", f"/__stripe/{_collection(thing)}/{thing}/{what}", given)

    def _call(self, method: str, path: str, content: Any = None) -> Object:
        data = None if content is None else json.dumps(content).encode()
        request = Request(self.base_url + path, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310  our own address
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return cast("Object", json.load(answer))
        except HTTPError as refused:
            with refused:
                raise ControlRefused(refused.code, json.load(refused).get("error", {})) from None


def _collection(thing: str) -> str:
    """Where Stripe keeps an object, by its id; what is unknown is an intent that is not there."""
    return COLLECTIONS.get(thing.partition("_")[0], "payment_intents")
