"""What Stripe's control interface serves: scenarios, webhooks, events, and the 3-D Secure page."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from findr.sandbox.deliveries.control import delivery_routes
from findr.sandbox.exchange import Misused, Request, given_fields, given_json
from findr.sandbox.ledger import Object
from findr.sandbox.stripe.account import Account
from findr.sandbox.stripe.authentication import PAGE
from findr.sandbox.stripe.authentication_page import authentication_page
from findr.sandbox.stripe.endpoint import read_endpoint
from findr.sandbox.stripe.scenarios import SCENARIOS, Scenario
from findr.sandbox.stripe.webhooks import StripeWebhooks
from findr.sandbox.vendor import ControlHandler, ControlRoutes

MAKING: dict[str, type] = {"type": str, "object": dict}


def stripe_routes(account: Account, webhooks: StripeWebhooks) -> ControlRoutes:
    """Everything below ``/__stripe/``."""

    def page(request: Request, identity: str) -> Any:
        return authentication_page(account, request, identity)

    return {
        **{
            ("POST", f"{collection}/{{}}/{what}"): _scenario(account, collection, what, scenario)
            for collection, scenarios in SCENARIOS.items()
            for what, scenario in scenarios.items()
        },
        **_unknown_scenarios(),
        **delivery_routes(webhooks.deliveries, "webhooks"),
        **_webhook_routes(webhooks),
        **_event_routes(account),
        ("GET", PAGE + "{}"): page,
        ("POST", PAGE + "{}"): page,
    }


def _scenario(account: Account, collection: str, what: str, scenario: Scenario) -> ControlHandler:
    def play(request: Request, identity: str) -> Object:
        given = given_fields(request, scenario.fields, what)
        return scenario.handler(account, account.fetch(collection.removesuffix("s"), identity), given)

    return play


def _unknown_scenarios() -> ControlRoutes:
    def refusing(collection: str) -> ControlHandler:
        def refuse(_request: Request, _identity: str, _what: str) -> Any:
            raise Misused(f"What can happen to {collection}: {', '.join(SCENARIOS[collection])}.")

        return refuse

    return {("POST", f"{collection}/{{}}/{{}}"): refusing(collection) for collection in SCENARIOS}


def _webhook_routes(webhooks: StripeWebhooks) -> ControlRoutes:
    def use(request: Request) -> Any:
        webhooks.use(read_endpoint(given_json(request)))
        return webhooks.state()

    return {("GET", "webhooks"): lambda _request: webhooks.state(), ("POST", "webhooks"): use}


def _event_routes(account: Account) -> ControlRoutes:
    def listed(request: Request) -> Any:
        pattern = request.asked("type", "*")
        found = account.ledger.all("event").values()
        return {"events": [event for event in found if fnmatchcase(event["type"], pattern)]}

    def make(request: Request) -> Any:
        given = given_fields(request, MAKING, "an event")
        if set(given) != set(MAKING):
            raise Misused("An event needs its type and its object.")
        return account.emit(given["type"], given["object"])

    return {("GET", "events"): listed, ("POST", "events"): make}
