"""The sandbox's webhooks as tests and commands control them: ``SandboxClient.webhooks``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

Object = dict[str, Any]
POLL_SECONDS = 0.01


class StillUnderWay(Exception):
    """Webhooks were still being sent, delayed or waiting to be tried again; holds the state."""

    def __init__(self, state: Object) -> None:
        super().__init__(f"{state['under_way']} webhooks are still under way")
        self.state = state


class WebhookClient:
    """Where events go, how they are spoilt on the way, and what became of them."""

    def __init__(self, call: Callable[..., Object]) -> None:
        self._call = call

    def send_to(self, url: str, secret: str, **options: Any) -> Object:
        """Send events there from now on (``enabled_events retry_seconds timeout_seconds at_once``), until a reset."""
        return self._call("POST", "/__stripe/webhooks", {"url": url, "secret": secret, **options})

    def stop(self) -> Object:
        """Send no more."""
        return self._call("POST", "/__stripe/webhooks", {"url": None})

    def state(self) -> Object:
        """The ``endpoint``, the ids ``held`` back, how many are ``under_way`` or ``gathering``, the ``rules``."""
        return self._call("GET", "/__stripe/webhooks")

    def misbehave(self, *rules: Object) -> None:
        """Add rules; see ``findr.sandbox.stripe.webhooks.rules.Rule``."""
        self._call("POST", "/__stripe/webhooks/rules", list(rules))

    def behave(self) -> None:
        """Drop every rule; what is held back stays so."""
        self._call("POST", "/__stripe/webhooks/rules/clear")

    def hold(self, what: str = "*") -> None:
        """Hold every event of these types back until ``send``."""
        self.misbehave({"action": "hold", "type": what, "times": None})

    def send(self, *events: str, **how: Any) -> list[str]:
        """Send these events, or all that are held, now and in this order, also ones that were sent before.

        ``copies`` of each, in ``reverse``, ``forged`` (a wrong signature) or with a time ``shifted_seconds`` from the
        truth. Gives their ids.
        """
        given = {"events": list(events), **how} if events else how
        return cast("list[str]", self._call("POST", "/__stripe/webhooks/send", given)["events"])

    def log(self, since: int = 0) -> list[Object]:
        """Each attempt after attempt number ``since``: event, type, object, attempt, status, error and more."""
        return cast("list[Object]", self._call("GET", f"/__stripe/webhooks/log?since={since}")["attempts"])

    def settle(self, seconds: float = 5.0) -> list[Object]:
        """Wait until nothing is under way any more (what is held stays held); gives the log. StillUnderWay otherwise."""
        deadline = time.monotonic() + seconds
        while (state := self.state())["under_way"]:
            if time.monotonic() > deadline:
                raise StillUnderWay(state)
            time.sleep(POLL_SECONDS)
        return self.log()
