"""What a vendor's control interface serves about its deliveries."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from findr.sandbox.deliveries.engine import Deliveries
from findr.sandbox.exchange import Misused, Request, given_fields, given_json, given_number
from findr.sandbox.vendor import ControlRoutes

SENDING: dict[str, type] = {"ids": list, "copies": int, "reverse": bool, "spoils": dict}


def delivery_routes(deliveries: Deliveries, below: str) -> ControlRoutes:
    """The routes below a word such as ``webhooks``."""

    def log(request: Request) -> Any:
        return {"attempts": deliveries.log.since(given_number(request, "since"))}

    def add_rules(request: Request) -> Any:
        return {"rules": [asdict(rule) for rule in deliveries.rules.add(given_json(request))]}

    def clear_rules(_request: Request) -> Any:
        deliveries.behave()
        return deliveries.state()

    def send(request: Request) -> Any:
        given = given_fields(request, SENDING, "send")
        if not set(given.get("spoils", {})) <= set(deliveries.spoils):
            raise Misused(f"A delivery can be spoilt by {', '.join(deliveries.spoils) or 'nothing'}.")
        return {"ids": deliveries.send(**given)}

    return {
        ("GET", f"{below}/log"): log,
        ("POST", f"{below}/rules"): add_rules,
        ("POST", f"{below}/rules/clear"): clear_rules,
        ("POST", f"{below}/send"): send,
        ("GET", below): lambda _request: deliveries.state(),
    }
