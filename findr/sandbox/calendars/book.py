"""The calendars of a vendor's accounts and what is in them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from findr.sandbox.calendars import changes
from findr.sandbox.calendars.events import DEFAULTS, OF_THE_SERIES, BadEvent, check_fields, checked, expanded
from findr.sandbox.calendars.series import times_of
from findr.sandbox.calendars.times import from_epoch, moment, text_of, zone_named
from findr.sandbox.clock import Clock
from findr.sandbox.ledger import Object, VendorLedger

ACCOUNT, CALENDAR, EVENT = "_account", "_calendar", "_event"
DEFAULT_ZONE = "UTC"
# What clients call the calendar that every account has, whatever its id.
PRIMARY = "primary"


def _nobody(_calendar: Object, _event: Object) -> None:
    """Nobody is told of changes."""


class Calendars:
    """Accounts, calendars and events in a vendor's part of the ledger."""

    def __init__(self, ledger: VendorLedger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        # Told of each event that was made or changed: whoever watches a calendar.
        self.changed: Callable[[Object, Object], None] = _nobody

    def account(self, email: str, time_zone: str | None = None) -> Object:
        """The account, made on first use with its primary calendar; a zone given becomes the account's."""
        zone_named(time_zone or DEFAULT_ZONE)
        found = self._ledger.get(ACCOUNT, email)
        if found is None:
            found = {"id": email, "time_zone": time_zone or DEFAULT_ZONE}
            self._ledger.put(ACCOUNT, found)
            self.add_calendar(email, email, email, primary=True)
        elif time_zone and time_zone != found["time_zone"]:
            self._ledger.put(ACCOUNT, {**found, "time_zone": time_zone})
            for calendar in self.calendars(email):
                self._ledger.put(CALENDAR, {**calendar, "time_zone": time_zone})
        return self._ledger.all(ACCOUNT)[email]

    def accounts(self) -> list[Object]:
        """Every account, oldest first."""
        return list(self._ledger.all(ACCOUNT).values())

    def view(self) -> Object:
        """Everything, for ``/__ledger``: the calendars by account, and by account and calendar the events."""
        calendars = {account["id"]: self.calendars(account["id"]) for account in self.accounts()}
        events = {account: {one["calendar"]: self.events(one) for one in found} for account, found in calendars.items()}
        return {"accounts": calendars, "events": events}

    def calendars(self, account: str) -> list[Object]:
        """An account's calendars, its primary one first."""
        self.account(account)
        return [one for one in self._ledger.all(CALENDAR).values() if one["account"] == account]

    def calendar(self, account: str, identity: str = PRIMARY) -> Object | None:
        """One of the account's calendars, by its id or as ``primary``."""
        self.account(account)
        return self._ledger.get(CALENDAR, _key(account, account if identity == PRIMARY else identity))

    def add_calendar(self, account: str, identity: str, name: str, **fields: Any) -> Object:
        """One more calendar (``can_write``, ``owner``, ``time_zone``, ``primary``), or what changes of it."""
        home = self.account(account)
        calendar = {"can_write": True, "owner": account, "primary": False, "time_zone": home["time_zone"], **fields}
        zone_named(calendar["time_zone"])
        known = self._ledger.get(CALENDAR, _key(account, identity)) or {"version": 0}
        calendar |= {"id": _key(account, identity), "calendar": identity, "account": account, "name": name}
        self._ledger.put(CALENDAR, {**known, **calendar})
        return calendar

    def remove_calendar(self, calendar: Object) -> None:
        """The calendar is gone, with everything in it."""
        for event in self.events(calendar):
            self._ledger.drop(_kind(calendar), event["id"])
        self._ledger.drop(CALENDAR, calendar["id"])

    def forget_cursors(self, calendar: Object, *, always: bool) -> Object:
        """Who asks what has changed since an earlier moment is told to begin anew; ``always``: from now on each time."""
        version = calendar["version"] + 1
        forgetful = {**calendar, "version": version, "remembers": version, "forgets": always}
        self._ledger.put(CALENDAR, forgetful)
        return forgetful

    def events(self, calendar: Object) -> list[Object]:
        """Every event that ever was in a calendar, oldest first: series as one, cancelled and deleted ones marked."""
        return list(self._ledger.all(_kind(calendar)).values())

    def event(self, calendar: Object, identity: str) -> Object | None:
        """One event or series."""
        return self._ledger.get(_kind(calendar), identity)

    def create(self, calendar: Object, fields: Object, identity: str | None = None) -> Object:
        """A new event; BadEvent if the fields make none."""
        now = from_epoch(self._clock.now())
        own = {
            "id": identity or secrets.token_hex(13),
            "account": calendar["account"],
            "calendar": calendar["calendar"],
        }
        made = {"time_zone": calendar["time_zone"], "start": None, "end": None}
        check_fields(fields)
        none_yet: Object = {"exceptions": {}, "former": []}
        return self._save(calendar, {**own, **DEFAULTS, **made, **fields, **none_yet, "created": now})

    def change(self, calendar: Object, event: Object, fields: Object) -> Object:
        """Change an event, or all of a series: what was different in some occurrences stays only if their times do."""
        check_fields(fields)
        moves = any(fields.get(name, event[name]) != event[name] for name in ("start", "end", *OF_THE_SERIES))
        until = self._ledger.all(CALENDAR)[calendar["id"]]["version"]
        anew = {"exceptions": {}, "former": changes.with_former(event, until=until)} if moves else {}
        return self._save(calendar, {**event, **fields, **anew})

    def change_occurrence(self, calendar: Object, event: Object, original: str, fields: Object) -> Object:
        """Move, change or cancel one occurrence of a series; BadEvent if it has none with this original start."""
        check_fields(fields)
        times = times_of(event, original) if event["recurrence"] else None
        if times is None or set(fields) & set(OF_THE_SERIES):
            raise BadEvent("There is no such occurrence, or this is for a whole series to have.")
        before = event["exceptions"].get(original, {"start": times[0], "end": times[1]})
        alone = checked({**event, **before, **fields, "recurrence": []})
        differs = {**before, **fields, "start": alone["start"], "end": alone["end"]}
        exceptions = {**event["exceptions"], original: differs}
        return self._save(calendar, {**event, "exceptions": exceptions})

    def remove(self, calendar: Object, event: Object) -> Object:
        """Delete an event or a whole series."""
        return self.change(calendar, event, {"status": "cancelled", "deleted": True})

    def occurrences(self, calendar: Object, start: datetime, end: datetime) -> list[Object]:
        """What overlaps the window, in the order of its starts: single events, and each occurrence of the series.

        Cancelled and deleted ones are there too, and say so. An occurrence names its series and its original start.
        """
        zone = zone_named(calendar["time_zone"])
        near = _near(self.events(calendar), start, end)
        found = [one for event in near for one in expanded(event, start, end)]
        inside = [one for one in found if moment(one["start"], zone) < end and moment(one["end"], zone) > start]
        return sorted(inside, key=lambda one: (moment(one["start"], zone), one["id"]))

    def _save(self, calendar: Object, event: Object) -> Object:
        """Each change of a calendar has the next version: what changed since one is what has a higher one."""
        home = self._ledger.all(CALENDAR)[calendar["id"]]
        home = {**home, "version": home["version"] + 1}
        saved = checked({**event, "version": home["version"], "updated": from_epoch(self._clock.now())})
        self._ledger.put(CALENDAR, home)
        self._ledger.put(_kind(calendar), saved)
        self.changed(home, saved)
        return saved


def _near(events: Iterable[Object], start: datetime, end: datetime) -> Iterator[Object]:
    """Those that may overlap the window, by their texts: a date is at most a day away from its midnight."""
    first, last = text_of(start - timedelta(days=2)), text_of(end + timedelta(days=2))
    return (one for one in events if one["recurrence"] or (one["start"] < last and one["end"] > first))


def _key(account: str, identity: str) -> str:
    return f"{account} {identity}"


def _kind(calendar: Object) -> str:
    """Each calendar's events are a kind of their own, so that none is looked for in another's."""
    return f"{EVENT} {calendar['id']}"
