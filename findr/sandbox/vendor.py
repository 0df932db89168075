"""What the sandbox asks of a vendor, and what a vendor gets from the sandbox.

A new vendor is a class of this shape: it is named in ``registry.py`` or given at the start, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias

from findr.sandbox.clock import Clock
from findr.sandbox.exchange import Answer, Request
from findr.sandbox.ledger import VendorLedger
from findr.sandbox.misbehaviour import CallRule
from findr.sandbox.routes import Refusal
from findr.sandbox.vendor_client import VendorClient

# Answers a control request of a vendor; gets the ids in its path. What is no Answer is answered as JSON.
ControlHandler: TypeAlias = Callable[..., Any]
ControlRoutes: TypeAlias = Mapping[tuple[str, str], ControlHandler]


@dataclass(slots=True)
class Context:
    """A vendor's place in the sandbox: its own part of the ledger, the clock, its settings and its address."""

    ledger: VendorLedger
    clock: Clock
    environ: Mapping[str, str] = field(default_factory=dict)
    # Known from the start on: where the sandbox is served, and this vendor in it.
    sandbox_url: str = ""
    mount: str = ""

    @property
    def base_url(self) -> str:
        """Where the vendor is served."""
        return self.sandbox_url + self.mount


class Ticket(Protocol):
    """One admitted call on its way. What is wrong with it already is kept for ``carry_out`` to answer."""

    request: Request
    refusal: Refusal | None


class Vendor(Protocol):
    """One vendor behind its mount. Every call is worked in one go, unless ``carry_out`` answers later."""

    # Names the vendor in ``/__ledger``, ``/__log``, ``/__NAME/…`` and on the client.
    name: ClassVar[str]
    # Where its API is, such as ``/stripe``; requests arrive without it.
    mount: ClassVar[str]
    # By which fields objects of a kind are listed: ``{"refund": ("charge",)}``. Everything else is scanned.
    indexes: ClassVar[Mapping[str, tuple[str, ...]]]
    # How tests and commands speak to its control interface.
    client: ClassVar[type[VendorClient]]

    def __init__(self, context: Context) -> None:
        """Settings are in ``context.environ``; Misused if they are wrong."""

    def admit(self, request: Request) -> Any:
        """Read a call that arrived; gives its ``Ticket``."""

    def describe(self, ticket: Any) -> dict[str, Any]:
        """What the log says of the call, beside its vendor, method and path."""

    def carry_out(self, ticket: Any, *, instead: CallRule | None = None) -> Answer | Awaitable[Answer]:
        """Do the work and answer it, at once or after talking to somebody else.

        A rule given ``instead`` answers in its place, in the vendor's own shape.
        """

    def abandon(self, ticket: Any) -> None:
        """The call never reached the vendor."""

    def render(self, refusal: Refusal) -> Answer:
        """A refusal in the vendor's own shape."""

    def view(self) -> dict[str, Any]:
        """The vendor's own truth, for ``/__ledger``."""

    def control_routes(self) -> ControlRoutes:
        """What its control interface serves below ``/__NAME/``."""

    def start(self) -> None:
        """The sandbox serves from now on, at the context's address; what an earlier run still owed goes out."""

    def clock_moved(self) -> None:
        """It is another time now."""

    def reset(self) -> None:
        """Forget what is not in the ledger; the ledger is emptied by its owner."""
