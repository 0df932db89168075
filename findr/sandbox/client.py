"""The sandbox's control interface for tests and commands: read the vendors' truth, make them misbehave.

What belongs to one vendor is on that vendor's own client: ``SandboxClient(url).stripe``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from findr.sandbox.registry import VENDORS
from findr.sandbox.vendor import Vendor
from findr.sandbox.vendor_client import Object, VendorClient


class ControlRefused(Exception):
    """The sandbox refused a control request; holds its status and error."""

    def __init__(self, status: int, error: Object) -> None:
        super().__init__(f"{status}: {error.get('message')}")
        self.status = status
        self.error = error


class SandboxClient:
    """Talks to a running sandbox. Safe to share between threads."""

    def __init__(self, base_url: str, timeout: float = 10.0, vendors: Iterable[type[Vendor]] = ()) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout
        # The sandbox is on this machine; a proxy from the environment would not find it.
        self._opener = build_opener(ProxyHandler({}))
        self._vendors: dict[str, VendorClient] = {
            kind.name: kind.client(self.call, self.base_url, kind.name, kind.mount) for kind in (*VENDORS, *vendors)
        }

    def __getattr__(self, name: str) -> Any:
        """A vendor's client, by its name."""
        try:
            return self.__dict__["_vendors"][name]
        except KeyError:
            raise AttributeError(f"The sandbox's client has neither a part nor a vendor called {name}.") from None

    def healthy(self) -> bool:
        """Whether the sandbox answers."""
        try:
            return bool(self.call("GET", "/__health")["status"] == "ok")
        except OSError:
            return False

    def ledger(self) -> Object:
        """Everything the vendors know, such as ``ledger()["stripe"]["payment_intents"][id]``."""
        return self.call("GET", "/__ledger")

    def log(self, since: int = 0) -> list[Object]:
        """The vendor calls after call number ``since``."""
        return cast("list[Object]", self.call("GET", f"/__log?since={since}")["calls"])

    def reset(self) -> None:
        """Forget everything: ledger, keys, log, misbehaviour, clock."""
        self.call("POST", "/__reset")

    def misbehave(self, *rules: Object) -> None:
        """Add rules; see ``findr.sandbox.misbehaviour.CallRule``."""
        self.call("POST", "/__misbehave", list(rules))

    def behave(self) -> None:
        """Drop every rule."""
        self.call("POST", "/__misbehave/clear")

    def now(self) -> int:
        """The sandbox's clock in seconds since the epoch."""
        return int(self.call("GET", "/__clock")["now"])

    def move_clock(self, offset_seconds: int) -> None:
        """Set how far the sandbox's clock is ahead of the machine's."""
        self.call("POST", "/__clock", {"offset_seconds": offset_seconds})

    def call(self, method: str, path: str, content: Any = None) -> Object:
        """One control request; ControlRefused if the sandbox refuses."""
        data = None if content is None else json.dumps(content).encode()
        request = Request(self.base_url + path, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310  our own address
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return cast("Object", json.load(answer))
        except HTTPError as refused:
            with refused:
                raise ControlRefused(refused.code, json.load(refused).get("error", {})) from None
