"""One Stripe account: its objects, its clock, and the questions every endpoint asks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from findr.sandbox.ledger import Object
from findr.sandbox.stripe.cards import BY_FINGERPRINT, CARDS, Card
from findr.sandbox.stripe.errors import no_such, no_such_parameter
from findr.sandbox.stripe.event_shapes import new_event
from findr.sandbox.stripe.shapes import new_payment_method
from findr.sandbox.vendor import Context

KINDS = (
    "payment_intent",
    "charge",
    "refund",
    "customer",
    "payment_method",
    "setup_intent",
    "ephemeral_key",
    "dispute",
)
# Lists are asked for by these fields; everything else is scanned.
INDEXES: dict[str, tuple[str, ...]] = {
    "payment_intent": ("customer",),
    "payment_method": ("customer",),
    "refund": ("payment_intent", "charge"),
    "dispute": ("payment_intent", "charge"),
}
# Stripe keeps its events for thirty days; these are the newest.
EVENTS_KEPT = 10_000
NOBODY: Object = {"id": None, "idempotency_key": None}
UNSETTLED = ("requires_payment_method", "requires_confirmation", "requires_action", "processing", "requires_capture")


class Account:
    """The objects of one account. Whoever changes an object ``save``s it in the same call."""

    def __init__(self, context: Context) -> None:
        self.ledger = context.ledger
        self._context = context
        # The API request being worked, as an event names it.
        self.cause = NOBODY
        self.announce: Callable[[Object], None] = lambda event: None

    def now(self) -> int:
        """The account's present moment in seconds."""
        return self._context.clock.now()

    @property
    def pages(self) -> str:
        """Where the sandbox serves the pages that customers are sent to."""
        return f"{self._context.sandbox_url}/__stripe"

    def save(self, thing: Object) -> Object:
        """Keep a new or changed object."""
        self.ledger.put(thing["object"], thing)
        return thing

    def emit(self, what: str, thing: Object, **before: Any) -> Object:
        """Record an event about the object as it is now, and announce it; ``before`` is what its fields were."""
        event = new_event(self.now(), what, thing, self.cause, before)
        self.ledger.put("event", event)
        events = self.ledger.all("event")
        if len(events) > EVENTS_KEPT:
            self.ledger.drop("event", next(iter(events)))
        self.announce(event)
        return event

    def find(self, kind: str, identity: str) -> Object | None:
        """An object as it is at this moment: holds whose time is over are released first."""
        thing = self.ledger.get(kind, identity)
        return self.as_of_now(thing) if thing else None

    def as_of_now(self, thing: Object) -> Object:
        """The object, after letting its hold expire if its time is over."""
        if thing["object"] == "payment_intent":
            self._expire(thing)
        elif thing["object"] == "charge" and thing["payment_intent"]:
            self.find("payment_intent", thing["payment_intent"])
        return thing

    def fetch(self, kind: str, identity: str) -> Object:
        """The object of an id in the path; 404 if there is none."""
        thing = self.find(kind, identity)
        if thing is None:
            raise no_such(kind, identity)
        return thing

    def given(self, kind: str, identity: str, param: str) -> Object:
        """The object of an id in a parameter; 400 if there is none."""
        thing = self.find(kind, identity)
        if thing is None or thing.get("deleted"):
            raise no_such_parameter(kind, identity, param)
        return thing

    def payment_method(self, identity: str, param: str = "payment_method") -> Object:
        """The payment method; a test name such as ``pm_card_visa`` makes a new one."""
        if identity in CARDS:
            return self.save(new_payment_method(self.now(), CARDS[identity]))
        return self.given("payment_method", identity, param)

    def card(self, method: Object) -> Card:
        """The test card behind a payment method."""
        return BY_FINGERPRINT[method["card"]["fingerprint"]]

    def charge_of(self, intent: Object) -> Object | None:
        """The intent's latest charge."""
        return self.ledger.get("charge", intent["latest_charge"]) if intent["latest_charge"] else None

    def spend(self, method: Object) -> None:
        """A method used or detached without a customer may not be used again."""
        self.ledger.put("_spent", {"id": method["id"]})

    def is_spent(self, method: Object) -> bool:
        """Whether the method may not be used again."""
        return method["customer"] is None and self.ledger.get("_spent", method["id"]) is not None

    def set_up(self, method: Object) -> None:
        """The customer authenticated this method once, for payments without them there."""
        self.ledger.put("_set_up", {"id": method["id"]})

    def must_authenticate(self, method: Object) -> bool:
        """Whether the bank asks for 3-D Secure before it says anything else."""
        card = self.card(method)
        return card.needs_authentication and not (card.until_set_up and self.ledger.get("_set_up", method["id"]))

    def expire_all(self) -> None:
        """Let every hold expire whose time is over."""
        for intent in self.ledger.all("payment_intent").values():
            self._expire(intent)

    def _expire(self, intent: Object) -> None:
        charge = self.charge_of(intent) if intent["status"] == "requires_capture" else None
        if charge:
            deadline = charge["payment_method_details"]["card"]["capture_before"]
            if deadline <= self.now():
                self.release(intent, reason="expired", at=deadline)

    def release(self, intent: Object, *, reason: str | None, at: int) -> Object:
        """Cancel the intent; money held for it is free again. No Refund is made for that (since 2025-03-31.basil)."""
        intent.update(
            status="canceled",
            canceled_at=at,
            cancellation_reason=reason,
            amount_capturable=0,
            next_action=None,
        )
        self.save(intent)
        charge = self.charge_of(intent)
        if reason == "expired" and charge:
            self.emit("charge.expired", charge)
        self.emit("payment_intent.canceled", intent)
        return intent
