"""What the control interface of a vendor with calendars serves about them, below ``/__NAME/``."""

from __future__ import annotations

from typing import Any

from findr.sandbox.calendars.agenda import agenda, today
from findr.sandbox.calendars.book import PRIMARY, Calendars
from findr.sandbox.calendars.events import FIELDS, BadEvent
from findr.sandbox.calendars.times import BadTime, read_date
from findr.sandbox.clock import Clock
from findr.sandbox.exchange import Answer, Misused, Request, given_fields, given_number
from findr.sandbox.ledger import Object
from findr.sandbox.limits import CallLimits
from findr.sandbox.vendor import ControlHandler, ControlRoutes

ACCOUNT: dict[str, type] = {"account": str, "time_zone": str}
CALENDAR: dict[str, type] = {
    "account": str,
    "id": str,
    "name": str,
    "can_write": bool,
    # Somebody else's e-mail address, if the calendar is only shared with the account.
    "owner": str,
    "time_zone": str,
}
EVENT: dict[str, type] = {"account": str, "calendar": str, "id": str, **FIELDS}
OCCURRENCE: dict[str, type] = {"occurrence": str, **EVENT}
CURSORS: dict[str, type] = {"account": str, "calendar": str, "always": bool}
WEEK = 7
LIMIT: dict[str, Any] = {"account": str, "calls": (int, type(None)), "seconds": (int, float)}


class CalendarControl:
    """What people do in their calendars, and what tests want to know of it."""

    def __init__(self, calendars: Calendars, limits: CallLimits, clock: Clock) -> None:
        self._calendars = calendars
        self._limits = limits
        self._clock = clock

    def routes(self) -> ControlRoutes:
        """The routes; each takes and answers JSON, but for the calendar as people read it."""
        served = {
            ("POST", "accounts"): (self._account, ACCOUNT),
            ("POST", "calendars"): (self._add_calendar, CALENDAR),
            ("POST", "calendars/remove"): (self._remove_calendar, CALENDAR),
            ("POST", "events"): (self._book, EVENT),
            ("POST", "events/change"): (self._change, OCCURRENCE),
            ("POST", "events/remove"): (self._remove, OCCURRENCE),
            ("POST", "limits"): (self._limit, LIMIT),
            ("POST", "cursors/forget"): (self._forget_cursors, CURSORS),
        }
        changing: ControlRoutes = {route: _reading(*served) for route, served in served.items()}
        return {**changing, ("GET", "events"): self._events, ("GET", "calendar"): self._agenda}

    def _account(self, given: Object) -> Any:
        return self._calendars.account(given["account"], given.get("time_zone"))

    def _add_calendar(self, given: Object) -> Any:
        identity = given.pop("id")
        return self._calendars.add_calendar(given.pop("account"), identity, given.pop("name", identity), **given)

    def _remove_calendar(self, given: Object) -> Any:
        calendar = self._calendar(given["account"], given["id"])
        self._calendars.remove_calendar(calendar)
        return calendar

    def _forget_cursors(self, given: Object) -> Any:
        calendar = self._calendar(given["account"], given.get("calendar", PRIMARY))
        return self._calendars.forget_cursors(calendar, always=given.get("always", False))

    def _book(self, given: Object) -> Any:
        calendar = self._calendar(given.pop("account"), given.pop("calendar", PRIMARY))
        identity = given.pop("id", None)
        if identity and self._calendars.event(calendar, identity):
            raise Misused("This id is taken.")
        return self._calendars.create(calendar, given, identity)

    def _change(self, given: Object) -> Any:
        calendar, event = self._found(given)
        original = given.pop("occurrence", None)
        if original is None:
            return self._calendars.change(calendar, event, given)
        return self._calendars.change_occurrence(calendar, event, original, given)

    def _remove(self, given: Object) -> Any:
        return self._change({**given, "status": "cancelled", "deleted": True})

    def _limit(self, given: Object) -> Any:
        self._limits.limit(given["account"], given["calls"], given["seconds"])
        return given

    def _events(self, request: Request) -> Any:
        calendar = self._calendar(request.asked("account"), request.asked("calendar", PRIMARY))
        return {"events": self._calendars.events(calendar)}

    def _agenda(self, request: Request) -> Answer:
        """``?account=&calendar=primary&day=&days=7``, from today on if no day is given."""
        calendar = self._calendar(request.asked("account"), request.asked("calendar", PRIMARY))
        day, days = request.asked("day"), given_number(request, "days") or WEEK
        try:
            first = read_date(day) if day else today(self._clock.now(), calendar)
            said = agenda(self._calendars, calendar, first, days)
        except (BadTime, OverflowError) as error:
            raise Misused(str(error)) from error
        return Answer(200, said.encode(), {"Content-Type": "text/plain; charset=utf-8"})

    def _found(self, given: Object) -> tuple[Object, Object]:
        calendar = self._calendar(given.pop("account"), given.pop("calendar", PRIMARY))
        event = self._calendars.event(calendar, given.pop("id"))
        if event is None:
            raise Misused("There is no such event in this calendar.")
        return calendar, event

    def _calendar(self, account: str, identity: str) -> Object:
        calendar = self._calendars.calendar(account, identity) if account else None
        if calendar is None:
            raise Misused(f"{account or 'Nobody'} has no calendar {identity}.")
        return calendar


def _reading(work: Any, known: dict[str, type]) -> ControlHandler:
    def answer(request: Request) -> Any:
        given = given_fields(request, known, request.path.rpartition("/")[2])
        try:
            return work(given)
        except KeyError as missing:
            raise Misused(f"Say which {missing.args[0]}.") from missing
        except (BadEvent, BadTime) as error:
            raise Misused(str(error)) from error

    return answer
