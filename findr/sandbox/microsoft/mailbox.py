"""One person's mailbox as Graph sees it: calendars and events under Graph's own ids."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass

from findr.sandbox.calendars import series
from findr.sandbox.calendars.book import PRIMARY, Calendars
from findr.sandbox.calendars.events import BadEvent, occurrence
from findr.sandbox.calendars.times import BadTime
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.errors import GraphRefusal, bad, malformed, not_found

CALENDAR_MARK, EVENT_MARK = "AAMkCA", "AAMkEV"
# Between a series and the original start of one of its occurrences.
PART = "."


@dataclass(frozen=True, slots=True)
class Found:
    """An event where it is. ``occurrence``: the original start, if it is one of a series; ``shown``: the event itself."""

    calendar: Object
    event: Object
    shown: Object
    occurrence: str | None = None


class Mailbox:
    """The calendars of one account; it is there from its first use on."""

    def __init__(self, book: Calendars, account: str) -> None:
        self.book = book
        self.account = account
        self._home = book.account(account)

    @property
    def zone(self) -> str:
        """The IANA name of the zone in which the mailbox's days begin."""
        return str(self._home["time_zone"])

    def calendars(self) -> list[Object]:
        """All of them, the default one first."""
        return self.book.calendars(self.account)

    def default(self) -> Object:
        """The calendar that an account has from the start."""
        return self._calendar(PRIMARY)

    def calendar(self, identity: str) -> Object:
        """The calendar of a Graph id; 404 if this mailbox has none, 400 if it could be nobody's."""
        return self._calendar(_calendar_name(identity))

    def _calendar(self, name: str) -> Object:
        calendar = self.book.calendar(self.account, name)
        if calendar is None:
            raise not_found()
        return calendar

    def find(self, identity: str) -> Found:
        """The event, series or occurrence of a Graph id, in whichever calendar; 404 if there is none or no longer."""
        name, _, original = identity.partition(PART)
        for calendar in self.calendars():
            event = self.book.event(calendar, name)
            if event and not event["deleted"]:
                return Found(calendar, event, event) if not original else _part(calendar, event, original)
        raise not_found()

    def of_transaction(self, transaction: str) -> Found | None:
        """The event that a request with this ``transactionId`` made, as long as it is there."""
        for calendar in self.calendars():
            for event in self.book.events(calendar):
                if event["transaction_id"] == transaction and not event["deleted"]:
                    return Found(calendar, event, event)
        return None

    def create(self, calendar: Object, fields: Object) -> Object:
        """A new event; 400 if the fields make none, 403 in a calendar that is only read."""
        _check_writable(calendar)
        try:
            return self.book.create(calendar, fields, f"{EVENT_MARK}{secrets.token_urlsafe(24)}=")
        except BadEvent as error:
            raise _bad_event(error) from error

    def change(self, found: Found, fields: Object) -> Found:
        """The event, the series or the one occurrence, changed."""
        _check_writable(found.calendar)
        try:
            if found.occurrence is None:
                event = self.book.change(found.calendar, found.event, fields)
                return Found(found.calendar, event, event)
            event = self.book.change_occurrence(found.calendar, found.event, found.occurrence, fields)
        except BadEvent as error:
            raise _bad_event(error) from error
        return _part(found.calendar, event, found.occurrence)

    def remove(self, found: Found) -> None:
        """Delete it; of a series this occurrence only, if it is one."""
        _check_writable(found.calendar)
        if found.occurrence is None:
            self.book.remove(found.calendar, found.event)
        else:
            gone = {"status": "cancelled", "deleted": True}
            self.book.change_occurrence(found.calendar, found.event, found.occurrence, gone)


def calendar_id(name: str) -> str:
    """A calendar's Graph id: as opaque as the real ones, and the same for ever."""
    return CALENDAR_MARK + base64.urlsafe_b64encode(name.encode()).decode()


def occurrence_id(series_id: str, original: str) -> str:
    """The Graph id of the occurrence of a series that was to start then."""
    return series_id + PART + original.replace(":", "").replace("-", "")


def _calendar_name(identity: str) -> str:
    try:
        name = base64.urlsafe_b64decode(identity.removeprefix(CALENDAR_MARK)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise malformed() from None
    if calendar_id(name) != identity:
        raise malformed()
    return name


def _part(calendar: Object, event: Object, original: str) -> Found:
    """One occurrence of a series, by its original start in the ledger's words or an id's."""
    start = original if "-" in original else _original(original)
    try:
        times = series.times_of(event, start) if event["recurrence"] else None
    except BadTime:
        times = None
    differs = event["exceptions"].get(start, {})
    if times is None or differs.get("status") == "cancelled":
        raise not_found()
    shown = occurrence(event, differs.get("start", times[0]), differs.get("end", times[1]), start)
    return Found(calendar, event, shown, start)


def _original(word: str) -> str:
    day = f"{word[:4]}-{word[4:6]}-{word[6:8]}"
    return day if len(word) == 8 else f"{day}T{word[9:11]}:{word[11:13]}:{word[13:15]}Z"


def _check_writable(calendar: Object) -> None:
    if not calendar["can_write"]:
        raise GraphRefusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def _bad_event(error: BadEvent) -> GraphRefusal:
    return bad(str(error), "ErrorPropertyValidationFailure")
