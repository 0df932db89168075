"""A vendor's deliveries as tests and commands control them."""

from __future__ import annotations

import time
from typing import Any, cast

from findr.sandbox.vendor_client import ControlCall, Object

POLL_SECONDS = 0.01


class StillUnderWay(Exception):
    """Deliveries were still being sent, delayed or waiting to be tried again; holds the state."""

    def __init__(self, state: Object) -> None:
        super().__init__(f"{state['under_way']} deliveries are still under way")
        self.state = state


class DeliveriesClient:
    """How deliveries are spoilt on the way, and what became of them."""

    def __init__(self, control: ControlCall, below: str) -> None:
        self._control = control
        self._below = below

    def state(self) -> Object:
        """The ids ``held`` back, how many are ``under_way`` or ``gathering``, the ``rules``, and more of the vendor's."""
        return self._call("GET", "")

    def misbehave(self, *rules: Object) -> None:
        """Add rules; see ``findr.sandbox.deliveries.rules.DeliveryRule``."""
        self._call("POST", "/rules", list(rules))

    def behave(self) -> None:
        """Drop every rule; what is held back stays so."""
        self._call("POST", "/rules/clear")

    def hold(self, what: str = "*") -> None:
        """Hold everything of this type back until ``send``."""
        self.misbehave({"action": "hold", "type": what, "times": None})

    def send(self, *ids: str, copies: int = 1, reverse: bool = False, **spoils: float) -> list[str]:
        """Send these, or all that are held, now and in this order, also ones that were sent before; gives their ids.

        ``copies`` of each, in ``reverse``, or spoilt as the vendor can: ``send(forge=1)``.
        """
        given: Object = {"copies": copies, "reverse": reverse, "spoils": spoils}
        if ids:
            given["ids"] = list(ids)
        return cast("list[str]", self._call("POST", "/send", given)["ids"])

    def log(self, since: int = 0) -> list[Object]:
        """Each attempt after attempt number ``since``: id, type, about, attempt, status, error and more."""
        return cast("list[Object]", self._call("GET", f"/log?since={since}")["attempts"])

    def settle(self, seconds: float = 5.0) -> list[Object]:
        """Wait until nothing is under way any more (what is held stays held); gives the log. StillUnderWay otherwise."""
        deadline = time.monotonic() + seconds
        while (state := self.state())["under_way"]:
            if time.monotonic() > deadline:
                raise StillUnderWay(state)
            time.sleep(POLL_SECONDS)
        return self.log()

    def _call(self, method: str, path: str, content: Any = None) -> Object:
        return self._control(method, self._below + path, content)
