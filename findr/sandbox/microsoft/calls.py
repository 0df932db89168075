"""One call of Graph: who asks, and what was read of it before it is worked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from findr.sandbox.calendars.channels import Channels
from findr.sandbox.exchange import Request
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.mailbox import Mailbox
from findr.sandbox.routes import Check, Refusal

# Everything else is the identity platform's.
GRAPH = "/v1.0/"
READS = ("Calendars.Read", "Calendars.ReadWrite")
WRITES = ("Calendars.ReadWrite",)


def _nothing_more(_body: Mapping[str, Any]) -> None:
    """No check beyond each field's own."""


@dataclass(frozen=True, slots=True)
class GraphOperation:
    """One operation: its name in the log, who does it, which of these scopes suffices, and what it takes.

    ``body`` None: none. ``status``: that of a good answer.
    """

    name: str
    handler: Callable[..., Any]
    scopes: tuple[str, ...]
    query: Mapping[str, Check] = field(default_factory=dict)
    body: Mapping[str, Check] | None = None
    before: Callable[[Mapping[str, Any]], None] = _nothing_more
    status: int = 200


@dataclass(slots=True)
class GraphCall:
    """An admitted call. ``counted``: it is one of those under way for its mailbox."""

    request: Request
    operation: str = ""
    account: str = ""
    served: GraphOperation | None = None
    ids: list[str] = field(default_factory=list)
    refusal: Refusal | None = None
    counted: bool = False
    # Filled when the work is done.
    base_url: str = ""
    zone: str = "UTC"
    now: int = 0
    channels: Channels | None = None
    # Parameters and body as they were written, and as they were read.
    asked: Mapping[str, str] = field(default_factory=dict)
    written: Object = field(default_factory=dict)
    query: Object = field(default_factory=dict)
    body: Object = field(default_factory=dict)

    @property
    def is_graph(self) -> bool:
        """Whether it is Graph's to answer."""
        return self.request.path.startswith(GRAPH)

    @property
    def url(self) -> str:
        """Where this operation is served."""
        return self.base_url + self.request.path

    def sent(self) -> Any:
        """The JSON in the body, None if there is none."""
        try:
            return json.loads(self.request.body) if self.request.body else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose mailbox it is, and what is known of the account beside it."""

    mailbox: Mailbox
    person: Object
    is_personal: bool
