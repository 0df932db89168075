"""One call of the Calendar API on its way: who asks, for what, and the calendar that it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from findr.sandbox.calendars.book import Calendars
from findr.sandbox.calendars.channels import Channels
from findr.sandbox.google.errors import GoogleRefusal
from findr.sandbox.google.resources import access_role
from findr.sandbox.google.sign_in import SCOPE
from findr.sandbox.ledger import Object
from findr.sandbox.routes import Check


@dataclass(slots=True)
class Call:
    """A call that was read and may be done."""

    account: str
    # Those of the access token's that are good for this operation.
    scopes: frozenset[str]
    # The ids in the path: calendar first, event second.
    ids: list[str]
    calendars: Calendars
    now: int
    params: Object = field(default_factory=dict)
    body: Object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    channels: Channels | None = None

    def calendar(self, *, to_write: bool = False) -> Object:
        """The calendar of the path; 404 if the account has none of this id, 403 if this may not be done with it."""
        found = self.calendars.calendar(self.account, self.ids[0])
        if found is None:
            raise GoogleRefusal(404, "notFound")
        if access_role(found) != "owner" and all(".owned" in scope for scope in self.scopes):
            raise GoogleRefusal(403, "insufficientPermissions")
        if to_write and not found["can_write"]:
            raise GoogleRefusal(403, "requiredAccessLevel")
        return found


@dataclass(frozen=True, slots=True)
class CalendarOperation:
    """One method of the discovery document: its id there, who does it, any one of the scopes it needs, what it takes."""

    name: str
    handler: Callable[[Call], Any]
    scopes: tuple[str, ...]
    query: Mapping[str, Check] = field(default_factory=dict)
    body: Mapping[str, Check] | None = None
    # The parameters of the query that may be there several times.
    repeated: frozenset[str] = frozenset()

    @property
    def needs(self) -> frozenset[str]:
        """The scopes in full."""
        return frozenset(SCOPE + scope for scope in self.scopes)
