"""Stripe as tests and commands control it: ``SandboxClient.stripe``."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from findr.sandbox.stripe.webhook_client import WebhookClient
from findr.sandbox.vendor_client import ControlCall, Object, VendorClient

COLLECTIONS = {
    "pi": "payment_intents",
    "seti": "setup_intents",
    "ch": "charges",
    "re": "refunds",
    "du": "disputes",
}


class StripeControl(VendorClient):
    """Stripe's truth, and everything that happens there without us."""

    def __init__(self, call: ControlCall, sandbox_url: str, name: str, mount: str) -> None:
        super().__init__(call, sandbox_url, name, mount)
        self.webhooks = WebhookClient(self.control, "webhooks")

    def totals(self, currency: str = "usd") -> dict[str, int]:
        """Cents ``held``, ``received`` and ``refunded``."""
        nothing = {"held": 0, "received": 0, "refunded": 0}
        return cast("dict[str, int]", self.ledger()["totals"].get(currency, nothing))

    def intents(self, **metadata: str) -> list[Object]:
        """The payment intents with this metadata, oldest first."""
        found = self.ledger()["payment_intents"].values()
        return [intent for intent in found if metadata.items() <= intent["metadata"].items()]

    def intent(self, intent: str) -> Object:
        """One payment intent; KeyError if there is none."""
        return cast("Object", self.ledger()["payment_intents"][intent])

    def charge(self, charge: str) -> Object:
        """One charge; KeyError if there is none."""
        return cast("Object", self.ledger()["charges"][charge])

    def refunds(self, intent: str) -> list[Object]:
        """The refunds of one intent, oldest first."""
        return [one for one in self.ledger()["refunds"].values() if one["payment_intent"] == intent]

    def disputes(self, intent: str) -> list[Object]:
        """The disputes of one intent's charges, oldest first."""
        return [one for one in self.ledger()["disputes"].values() if one["payment_intent"] == intent]

    def setup_intents(self, customer: str) -> list[Object]:
        """The setup intents of one customer, oldest first."""
        return [one for one in self.ledger()["setup_intents"].values() if one["customer"] == customer]

    def events(self, what: str = "*") -> list[Object]:
        """The events of these types (``*`` stands for anything), oldest first, sent or not."""
        return cast("list[Object]", self.control("GET", f"events?{urlencode({'type': what})}")["events"])

    def make_event(self, what: str, thing: Object) -> Object:
        """An event that never was, about any object; sent like every other."""
        return self.control("POST", "events", {"type": what, "object": thing})

    def confirm(self, intent: str, **given: Any) -> Object:
        """The app confirms a payment or setup intent (``payment_method``, ``return_url``)."""
        return self._scenario(intent, "confirm", given)

    def authentication_url(self, intent: str) -> str:
        """The 3-D Secure page of a waiting payment or setup intent, for a browser."""
        action = self.ledger()[_collection(intent)][intent]["next_action"]
        return cast("str", action[action["type"]].get("url") or action[action["type"]]["stripe_js"])

    def authenticate(self, intent: str) -> Object:
        """The customer passes 3-D Secure, for a payment or setup intent."""
        return self._scenario(intent, "authenticate")

    def fail_authentication(self, intent: str) -> Object:
        """The customer fails 3-D Secure."""
        return self._scenario(intent, "fail_authentication")

    def lapse(self, intent: str) -> Object:
        """The hold expires now."""
        return self._scenario(intent, "lapse")

    def capture(self, intent: str, **given: Any) -> Object:
        """Somebody captures in Stripe's dashboard (``amount_to_capture``)."""
        return self._scenario(intent, "capture", given)

    def cancel(self, intent: str, **given: Any) -> Object:
        """Somebody cancels in Stripe's dashboard (``cancellation_reason``)."""
        return self._scenario(intent, "cancel", given)

    def refund(self, intent: str, **given: Any) -> Object:
        """Somebody refunds in Stripe's dashboard (``amount``, ``reason``); gives the intent."""
        return self._scenario(intent, "refund", given)

    def dispute(self, thing: str, **given: Any) -> Object:
        """The customer disputes an intent's charge at their bank (``amount``, ``reason``, ``status``); the dispute."""
        return self._scenario(thing, "dispute", given)

    def close_dispute(self, dispute: str, status: str = "won") -> Object:
        """The bank decides: ``won``, ``lost`` or, for an inquiry, ``warning_closed``."""
        return self._scenario(dispute, "close", {"status": status})

    def fail_refund(self, refund: str, **given: Any) -> Object:
        """A refund fails, also after it had succeeded (``failure_reason``)."""
        return self._scenario(refund, "fail", given)

    def succeed_refund(self, refund: str) -> Object:
        """A pending refund (``pm_card_pendingRefund``) reaches the customer."""
        return self._scenario(refund, "succeed")

    def set_reference(self, refund: str) -> Object:
        """The bank's reference for a refund arrives: ``refund.updated``."""
        return self._scenario(refund, "set_reference")

    def _scenario(self, thing: str, what: str, given: Object | None = None) -> Object:
        return self.control("POST", f"{_collection(thing)}/{thing}/{what}", given)


def _collection(thing: str) -> str:
    """Where Stripe keeps an object, by its id; what is unknown is an intent that is not there."""
    return COLLECTIONS.get(thing.partition("_")[0], "payment_intents")
