"""What the clients of all vendors have in common: ``SandboxClient.stripe`` and its like."""

from __future__ import annotations

from typing import Any, Protocol, cast

Object = dict[str, Any]


class ControlCall(Protocol):
    """Makes one control request and gives its answer."""

    def __call__(self, method: str, path: str, content: Any = None) -> Object:
        """Send; ``ControlRefused`` if the sandbox refuses."""


class VendorClient:
    """One vendor's control interface. Safe to share between threads."""

    def __init__(self, call: ControlCall, sandbox_url: str, name: str, mount: str) -> None:
        self._call = call
        self._name = name
        # Where the vendor is served: what its SDK is pointed at.
        self.base_url = sandbox_url + mount

    def ledger(self) -> Object:
        """Everything the vendor knows, as its ``view`` shows it."""
        return cast("Object", self._call("GET", "/__ledger")[self._name])

    def misbehave(self, *rules: Object) -> None:
        """Add rules for this vendor's calls alone; see ``findr.sandbox.misbehaviour.CallRule``."""
        self._call("POST", "/__misbehave", [{**rule, "vendor": self._name} for rule in rules])

    def control(self, method: str, path: str, content: Any = None) -> Object:
        """One request below ``/__NAME/``."""
        return self._call(method, f"/__{self._name}/{path}", content)
