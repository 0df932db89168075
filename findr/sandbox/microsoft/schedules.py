"""Free and busy times of mailboxes (https://learn.microsoft.com/graph/api/calendar-getschedule)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from findr.sandbox.calendars.book import Calendars
from findr.sandbox.calendars.times import moment, zone_named
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.errors import bad
from findr.sandbox.microsoft.event_bodies import listing, text, whole
from findr.sandbox.microsoft.event_shapes import show_as
from findr.sandbox.microsoft.mailbox import Mailbox
from findr.sandbox.microsoft.moments import given_instant, shown
from findr.sandbox.microsoft.windows_zones import WINDOWS_NAMES
from findr.sandbox.routes import Check

MOST_SCHEDULES = 20
LONGEST = timedelta(days=62)
# Digits of an ``availabilityView``; of several events in one interval the highest counts.
DIGITS = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
UNKNOWN = "ErrorMailRecipientNotFound"


def _interval(name: str, value: Any) -> int:
    minutes = whole(name, value)
    if not 5 <= minutes <= 1440:
        raise bad("The availabilityViewInterval is between 5 and 1440 minutes.", "ErrorInvalidMergedFreeBusyInterval")
    return minutes


ASKED: dict[str, Check] = {
    "schedules": listing(text),
    "startTime": given_instant,
    "endTime": given_instant,
    "availabilityViewInterval": _interval,
}


def check_asked(body: Mapping[str, Any]) -> None:
    """The limits of one question."""
    for name in ("schedules", "startTime", "endTime"):
        if not body.get(name):
            raise bad(f"The parameter '{name}' is required.")
    if len(body["schedules"]) > MOST_SCHEDULES:
        raise bad(f"At most {MOST_SCHEDULES} schedules can be asked for at once.", "ErrorInvalidParameter")
    length = body["endTime"] - body["startTime"]
    if length <= timedelta():
        raise bad("The endTime is not after the startTime.", "ErrorInvalidTimeInterval")
    if length >= LONGEST:
        text = f"The requested time duration is too long. The allowed limit = 62 days; the actual limit = {length.days} days."
        raise bad(text, "ErrorTimeIntervalTooBig")


def schedule(book: Calendars, asking: str, address: str, body: Mapping[str, Any], zone: str) -> Object:
    """What one address's default calendar holds; for an address without a mailbox, an item that says so."""
    if address.lower() not in {account["id"].lower() for account in book.accounts()}:
        error = {
            "message": f"Unable to resolve e-mail address {address} to an Active Directory object.",
            "responseCode": UNKNOWN,
        }
        return {"scheduleId": address, "availabilityView": "", "scheduleItems": [], "error": error}
    account = next(one["id"] for one in book.accounts() if one["id"].lower() == address.lower())
    mailbox = Mailbox(book, account)
    calendar = mailbox.default()
    home = zone_named(calendar["time_zone"])
    busy = [
        (moment(event["start"], home), moment(event["end"], home), event)
        for event in book.occurrences(calendar, body["startTime"], body["endTime"])
        if event["status"] != "cancelled" and event["response"] != "declined"
    ]
    return {
        "scheduleId": address,
        "availabilityView": _view([(start, end, show_as(event)) for start, end, event in busy], body),
        "scheduleItems": [_item(*one, own=account == asking, zone=zone) for one in busy],
        "workingHours": _hours(mailbox.zone),
    }


def _view(busy: list[tuple[datetime, datetime, str]], body: Mapping[str, Any]) -> str:
    step = timedelta(minutes=body.get("availabilityViewInterval", 30))
    digits, begins = [], body["startTime"]
    while begins < body["endTime"]:
        ends = min(begins + step, body["endTime"])
        levels = [DIGITS[status] for start, end, status in busy if start < ends and end > begins]
        digits.append(str(max(levels, default=0)))
        begins += step
    return "".join(digits)


def _item(start: datetime, end: datetime, event: Object, *, own: bool, zone: str) -> Object:
    private = event["extra"].get("sensitivity") == "private"
    told = {"subject": event["title"], "location": event["extra"].get("location", "")} if own else {}
    return {
        "isPrivate": private,
        "status": show_as(event),
        **told,
        "start": shown(start, zone),
        "end": shown(end, zone),
    }


def _hours(zone: str) -> Object:
    return {
        "daysOfWeek": list(WEEKDAYS),
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": WINDOWS_NAMES.get(zone, zone)},
    }
