"""The sandbox's control interface for tests and commands: read the vendors' truth, make them misbehave.

What belongs to one vendor is on that vendor's own client: ``SandboxClient(url).stripe``.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterable
from http.client import HTTPConnection
from typing import Any, cast
from urllib.parse import urlsplit

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
    """Talks to a running sandbox, over connections that it keeps. Safe to share between threads."""

    def __init__(self, base_url: str, timeout: float = 10.0, vendors: Iterable[type[Vendor]] = ()) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout
        # Free ones; a thread that finds none makes another.
        self._connections: list[HTTPConnection] = []
        weakref.finalize(self, _close_all, self._connections)
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

    def reset(self, offset_seconds: int = 0) -> None:
        """Forget everything: ledger, keys, log, misbehaviour; the clock is then so far ahead of the machine's."""
        self.call("POST", "/__reset", {"offset_seconds": offset_seconds})

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
        try:
            connection = self._connections.pop()
        except IndexError:
            connection = HTTPConnection(urlsplit(self.base_url).netloc, timeout=self._timeout)
        try:
            connection.request(method, path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            body = json.load(response)
        except BaseException:
            connection.close()
            raise
        self._connections.append(connection)
        if response.status >= 400:
            raise ControlRefused(response.status, body.get("error", {}))
        return cast("Object", body)


def _close_all(connections: list[HTTPConnection]) -> None:
    for connection in connections:
        connection.close()
