"""People with a calendar at either vendor, as findr's adapters and the sandbox see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from cast import START

from calendars.vendors import vendor_named
from calendars.vendors.base import Access, CalendarVendor, EventDraft, Grant

PAT, SAM = "pat@example.test", "sam@example.test"
SECONDS = 10.0
NOON = START.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=7)
HOUR = timedelta(hours=1)


@dataclass
class Side:
    """One vendor: our adapter, and the sandbox's part. `words` are its names for the same operations."""

    name: str
    control: Any
    words: dict[str, str]
    is_personal: bool = False

    @property
    def adapter(self) -> CalendarVendor:
        return vendor_named(self.name)

    def consents(self, email: str = PAT, **ticked: Any) -> tuple[dict[str, object], dict[str, str]]:
        """What was kept, and the parameters with which the browser of somebody who allows it comes back."""
        asked = self.adapter.consent("a-state")
        return asked.kept, self.control.oauth.allow(asked.url, email, **ticked).fields

    def connect(self, email: str = PAT) -> Grant:
        self.control.add_account(email)
        if self.is_personal:
            self.control.personal(email)
        kept, answer = self.consents(email)
        return self.adapter.exchange_code(kept, answer, seconds=SECONDS)

    def access(self, email: str = PAT) -> Access:
        grant = self.connect(email)
        return Access(grant.tokens.access_token, grant.email, grant.is_personal)

    def primary(self, access: Access) -> str:
        return self.adapter.list_calendars(access, seconds=SECONDS)[0].id

    def calendar(self, access: Access, name: str) -> str:
        """One more calendar, as the vendor names it."""
        self.control.add_calendar(access.email, name, name)
        return next(one.id for one in self.adapter.list_calendars(access, seconds=SECONDS) if one.name == name)

    def calls(self, operation: str, since: int = 0) -> list[Any]:
        return self.control.calls(self.words.get(operation, operation), since=since)


def sides(sandbox: Any) -> dict[str, Side]:
    """Google; Microsoft for work; Microsoft at home."""
    google = {"busy": "freebusy.query", "list": "calendarList.list", "create": "events.insert", "find": "events.get"}
    graph = {"busy": "getSchedule", "list": "calendars.list", "create": "events.create", "find": "events.list"}
    return {
        "google": Side("google", sandbox.google, google | {"ours": "events.list"}),
        "microsoft": Side("microsoft", sandbox.microsoft, graph | {"ours": "calendarView"}),
        "personal": Side(
            "microsoft", sandbox.microsoft, graph | {"ours": "calendarView", "busy": "calendarView"}, is_personal=True
        ),
    }


def draft(**changes: Any) -> EventDraft:
    """A visit from noon to one."""
    given = {
        "key": "findr0123456789abcdef0123456789abcdef",
        "title": "findr visit",
        "description": "FB-1042",
        "start": NOON,
        "end": NOON + HOUR,
        "timezone": "America/New_York",
    }
    return EventDraft(**{**given, **changes})


def host_of(url: str) -> str:
    return f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
