"""Where events are sent, and how they are signed (https://docs.stripe.com/webhooks#verify-manually)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from findr.sandbox.addresses import is_local
from findr.sandbox.deliveries.notice import Policy
from findr.sandbox.exchange import Misused

MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The receiver. Without a URL nothing is sent. ``retry_seconds``: the pauses before each further try."""

    url: str | None = None
    secret: str = ""
    enabled_events: list[str] = field(default_factory=lambda: ["*"])
    retry_seconds: list[float] = field(default_factory=lambda: [1.0, 5.0, 30.0])
    timeout_seconds: float = 10.0
    at_once: int = 4

    @property
    def policy(self) -> Policy:
        """How its events are delivered."""
        return Policy(tuple(self.retry_seconds), self.timeout_seconds, self.at_once)

    def wants(self, what: str) -> bool:
        """Whether an event of this type is sent."""
        return self.url is not None and any(fnmatchcase(what, pattern) for pattern in self.enabled_events)


def read_endpoint(given: Any) -> Endpoint:
    """The endpoint that a control request or the command line describes; Misused with the reason if it is none."""
    if not isinstance(given, dict) or "url" not in given or not set(given) <= set(CHECKS):
        raise Misused(f"An endpoint has {', '.join(CHECKS)}; only the url is a must.")
    if given["url"] is None:
        return Endpoint()
    wrong = [name for name, check in CHECKS.items() if name in given and not check(given[name])]
    if wrong:
        raise Misused(f"Wrong in an endpoint: {', '.join(wrong)}. {ADVICE}")
    if "secret" not in given:
        raise Misused("An endpoint needs the secret that its events are signed with.")
    return Endpoint(**given)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


ADVICE = (
    "The sandbox sends to this machine only, to an address such as http://127.0.0.1:3001/hook; enabled_events is a list "
    f"of types, retry_seconds a list of pauses, at_once a number from 1 to {MOST_AT_ONCE}."
)
CHECKS: dict[str, Callable[[Any], bool]] = {
    "url": is_local,
    "secret": lambda value: isinstance(value, str) and value != "",
    "enabled_events": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "retry_seconds": lambda value: isinstance(value, list) and all(_is_seconds(item) for item in value),
    "timeout_seconds": _is_seconds,
    "at_once": lambda value: _is_seconds(value) and value in range(1, MOST_AT_ONCE + 1),
}


def signature(payload: bytes, secret: str, at: int) -> str:
    """The Stripe-Signature header of a payload sent at this moment."""
    signed = hmac.new(secret.encode(), str(at).encode() + b"." + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
