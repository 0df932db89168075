"""What tests and commands do at a vendor with calendars: the half of ``client.google`` that ``client.microsoft`` shares."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from typing import Any, cast
from urllib.parse import urlencode

from findr.sandbox.deliveries.client import DeliveriesClient
from findr.sandbox.oauth.client import OAuthClient
from findr.sandbox.vendor_client import ControlCall, Object, VendorClient

# An aware datetime, a date (of whole days), or either as text.
When = datetime | date | str


class CalendarClient(VendorClient):
    """People's calendars, and how the vendor treats its callers."""

    # The vendor's name of the operation that asks when somebody is busy.
    asks_busy = ""
    # What it says of a calendar or mailbox that it does not know.
    says_unknown = "notFound"

    def __init__(self, call: ControlCall, sandbox_url: str, name: str, mount: str) -> None:
        super().__init__(call, sandbox_url, name, mount)
        self.oauth = OAuthClient(self.control)
        self.pushes = DeliveriesClient(self.control, "pushes")

    # --- What people do -----------------------------------------------------------------------------------------------
    def add_account(self, account: str, time_zone: str = "UTC") -> Object:
        """An account that lives in this zone. Accounts that nobody adds are there on first use, in UTC."""
        return self.control("POST", "accounts", {"account": account, "time_zone": time_zone})

    def add_calendar(
        self, account: str, identity: str, name: str, *, can_write: bool = True, owner: str | None = None
    ) -> Object:
        """One more calendar of an account; with an ``owner``, somebody else's that is shared with it."""
        given = {"account": account, "id": identity, "name": name, "can_write": can_write, "owner": owner or account}
        return self.control("POST", "calendars", given)

    def remove_calendar(self, account: str, identity: str) -> None:
        """The calendar is gone, with everything in it."""
        self.control("POST", "calendars/remove", {"account": account, "id": identity})

    def book(self, account: str, start: When, end: When, *, calendar: str = "primary", **fields: Any) -> Object:
        """Write an event by hand; see ``findr.sandbox.calendars.events`` for the fields (``show_as``, ``recurrence`` …)."""
        given = {"account": account, "calendar": calendar, "start": start, "end": end}
        return self._event("events", {**given, "all_day": _is_day(start), **fields})

    def change(
        self, event: str, account: str, *, calendar: str = "primary", occurrence: When | None = None, **fields: Any
    ) -> Object:
        """Move, change or cancel (``status="cancelled"``) an event, a series, or one occurrence by its original start."""
        given = {"id": event, "account": account, "calendar": calendar, **fields}
        return self._event("events/change", given if occurrence is None else {**given, "occurrence": occurrence})

    def remove(self, event: str, account: str, *, calendar: str = "primary", occurrence: When | None = None) -> Object:
        """Delete an event, a series, or one occurrence by its original start."""
        given = {"id": event, "account": account, "calendar": calendar}
        return self._event("events/remove", given if occurrence is None else {**given, "occurrence": occurrence})

    def events(self, account: str, calendar: str = "primary") -> list[Object]:
        """Everything that ever was in a calendar, oldest first; what is gone is ``status`` cancelled and ``deleted``."""
        query = urlencode({"account": account, "calendar": calendar})
        return cast("list[Object]", self.control("GET", f"events?{query}")["events"])

    # --- How the vendor behaves ---------------------------------------------------------------------------------------
    def limit(self, calls: int | None, seconds: float, account: str = "*") -> None:
        """429 for what is beyond so many calls in so many seconds, for this account or each; None: no limit."""
        self.control("POST", "limits", {"account": account, "calls": calls, "seconds": seconds})

    def expire_tokens(self, account: str) -> None:
        """The access tokens of an account are too old now; its refresh tokens are not."""
        self.oauth.expire(account)

    def fail(self, status: int, code: str | None = None, **rule: Any) -> None:
        """Calls fail with this status and the vendor's word for it (``operation``, ``account``, ``times``, ``headers``)."""
        self.misbehave({"action": "status", "status": status, "code": code, **rule})

    def forget_cursors(self, account: str, calendar: str = "primary", *, always: bool = False) -> None:
        """Who goes on from an earlier reading is answered 410; ``always``: each time from now on."""
        self.control("POST", "cursors/forget", {"account": account, "calendar": calendar, "always": always})

    def channels(self) -> list[Object]:
        """Who is told of changes at this moment: ``account``, ``calendar``, ``url``, ``expires`` and more."""
        return cast("list[Object]", self.control("GET", "channels")["channels"])

    def expire_channels(self, account: str) -> None:
        """The channels of an account are over now, without a word."""
        self.control("POST", "channels/expire", {"account": account})

    def answer_nothing(self, **rule: Any) -> None:
        """The next question for busy times gets an answer with no calendar in it."""
        self.fail(200, operation=self.asks_busy, **rule)

    def forget_calendars(self, **rule: Any) -> None:
        """The next question for busy times gets an answer that knows none of the calendars."""
        self.fail(200, self.says_unknown, operation=self.asks_busy, **rule)

    def answer_garbage(self, **rule: Any) -> None:
        """The next call (of this ``operation``) gets a page of HTML with status 200."""
        self.misbehave({"action": "status", "status": 200, "body": "<html>It works!</html>", **rule})

    # --- What was asked of it -----------------------------------------------------------------------------------------
    def calls(self, operation: str = "*", account: str = "*", since: int = 0) -> list[Object]:
        """The log's calls of this operation (a pattern) about this account."""
        logged = self._call("GET", f"/__log?since={since}")["calls"]
        wanted = {"vendor": self._name, "operation": operation, "account": account}
        return [one for one in logged if all(fnmatchcase(one.get(key, ""), word) for key, word in wanted.items())]

    def _event(self, path: str, given: Object) -> Object:
        return self.control("POST", path, {name: _wire(value) for name, value in given.items()})


def _is_day(when: When) -> bool:
    return len(when) == 10 if isinstance(when, str) else not isinstance(when, datetime)


def _wire(value: Any) -> Any:
    """A time as it travels: instants in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value
