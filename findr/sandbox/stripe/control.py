"""The control interface's Stripe part: what happens from outside, webhooks out, events, and the 3-D Secure page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs

from findr.sandbox.stripe.authentication import PAGE
from findr.sandbox.stripe.authentication_page import authentication_page
from findr.sandbox.stripe.happenings import HAPPENINGS
from findr.sandbox.stripe.vendor import Stripe
from findr.sandbox.stripe.webhooks.endpoint import read_endpoint
from findr.sandbox.wire import Answer, Misused, Request, given_json, json_answer

SENDING: dict[str, type] = {"events": list, "copies": int, "reverse": bool, "forged": bool, "shifted_seconds": int}
MAKING: dict[str, type] = {"type": str, "object": dict}


def stripe_control(stripe: Stripe, request: Request) -> Answer | None:
    """Answer a request below ``/__stripe/``; None if there is nothing at its path."""
    if request.path.startswith(PAGE):
        return authentication_page(stripe.account, request)
    handler = HANDLERS.get((request.method, request.path.removeprefix("/__stripe/")))
    if handler:
        return json_answer(200, handler(stripe, request))
    parts = request.path.split("/")
    if request.method != "POST" or len(parts) != 5 or parts[2] not in HAPPENINGS:
        return None
    return json_answer(200, _happen(stripe, request, *parts[2:]))


def _happen(stripe: Stripe, request: Request, collection: str, identity: str, what: str) -> Any:
    happening = HAPPENINGS[collection].get(what)
    if happening is None:
        raise Misused(f"What can happen to {collection}: {', '.join(HAPPENINGS[collection])}.")
    given = _fields(request, happening.fields, what)
    return happening.handler(stripe.account, stripe.account.fetch(collection.removesuffix("s"), identity), given)


def _fields(request: Request, known: dict[str, type], what: str) -> dict[str, Any]:
    given = given_json(request)
    if not isinstance(given, dict) or any(not isinstance(value, known.get(name, ())) for name, value in given.items()):
        raise Misused(f"{what} takes {', '.join(known) or 'nothing'}.")
    return given


def _webhooks(stripe: Stripe, _request: Request) -> Any:
    return stripe.webhooks.state()


def _use_endpoint(stripe: Stripe, request: Request) -> Any:
    stripe.webhooks.use(read_endpoint(given_json(request)))
    return stripe.webhooks.state()


def _webhook_log(stripe: Stripe, request: Request) -> Any:
    since = _query(request, "since", "0")
    if not since.isdecimal():
        raise Misused("since is an attempt's number n.")
    return {"attempts": stripe.webhooks.since(int(since))}


def _add_rules(stripe: Stripe, request: Request) -> Any:
    return {"rules": [asdict(rule) for rule in stripe.webhooks.rules.add(given_json(request))]}


def _clear_rules(stripe: Stripe, _request: Request) -> Any:
    stripe.webhooks.behave()
    return stripe.webhooks.state()


def _send(stripe: Stripe, request: Request) -> Any:
    return {"events": stripe.webhooks.send(**_fields(request, SENDING, "send"))}


def _events(stripe: Stripe, request: Request) -> Any:
    pattern = _query(request, "type", "*")
    found = stripe.account.ledger.all("event").values()
    return {"events": [event for event in found if fnmatchcase(event["type"], pattern)]}


def _make_event(stripe: Stripe, request: Request) -> Any:
    given = _fields(request, MAKING, "an event")
    if set(given) != set(MAKING):
        raise Misused("An event needs its type and its object.")
    stripe.account.tell(given["type"], given["object"])
    return list(stripe.account.ledger.all("event").values())[-1]


def _query(request: Request, name: str, default: str) -> str:
    return parse_qs(request.query).get(name, [default])[0]


HANDLERS: dict[tuple[str, str], Callable[[Stripe, Request], Any]] = {
    ("GET", "webhooks"): _webhooks,
    ("POST", "webhooks"): _use_endpoint,
    ("GET", "webhooks/log"): _webhook_log,
    ("POST", "webhooks/rules"): _add_rules,
    ("POST", "webhooks/rules/clear"): _clear_rules,
    ("POST", "webhooks/send"): _send,
    ("GET", "events"): _events,
    ("POST", "events"): _make_event,
}
