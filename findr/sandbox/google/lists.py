"""An account's calendars, and when they are busy."""

from __future__ import annotations

from findr.sandbox.calendars.times import text_of, zone_named
from findr.sandbox.google.busy import LONGEST, busy_times
from findr.sandbox.google.calls import Call
from findr.sandbox.google.errors import GoogleRefusal
from findr.sandbox.google.paging import page
from findr.sandbox.google.resources import calendar_entry
from findr.sandbox.google.times import rfc3339, with_milliseconds
from findr.sandbox.ledger import Object

ROLES = ("freeBusyReader", "reader", "writer", "owner")
# More calendars than these get an error each.
MOST_CALENDARS = 50


def list_calendars(call: Call) -> Object:
    """calendarList.list."""
    least = ROLES.index(call.params.get("minAccessRole", ROLES[0]))
    entries = [calendar_entry(one) for one in call.calendars.calendars(call.account)]
    found = [entry for entry in entries if ROLES.index(entry["accessRole"]) >= least]
    versions = sum(int(entry["etag"].strip('"')) for entry in found)
    answer = page(found, call.params.get("maxResults", 100), call.params.get("pageToken"))
    return {"kind": "calendar#calendarList", "etag": f'"{len(found)}-{versions}"', **answer}


def get_calendar(call: Call) -> Object:
    """calendarList.get."""
    found = call.calendars.calendar(call.account, call.ids[0])
    if found is None:
        raise GoogleRefusal(404, "notFound")
    return calendar_entry(found)


def query_free_busy(call: Call) -> Object:
    """freebusy.query: one answer for all calendars; one that is unknown has an error of its own."""
    body = call.body
    for name in ("timeMin", "timeMax"):
        if name not in body:
            raise GoogleRefusal(400, "required", f"Missing {name} parameter.", ("parameter", name))
    if body["timeMax"] <= body["timeMin"]:
        raise GoogleRefusal(400, "timeRangeEmpty", location=("parameter", "timeMax"))
    if body["timeMax"] - body["timeMin"] > LONGEST:
        raise GoogleRefusal(400, "timeRangeTooLong", location=("parameter", "timeMax"))
    most = body.get("calendarExpansionMax", MOST_CALENDARS)
    names = list(dict.fromkeys(item["id"] for item in body.get("items", []) if "id" in item))
    answers = {name: _busy(call, name) for name in names[:most]}
    refused = {name: error_of("tooManyCalendarsRequested") for name in names[most:]}
    bounds = {name: with_milliseconds(text_of(body[name])) for name in ("timeMin", "timeMax")}
    return {"kind": "calendar#freeBusy", **bounds, "calendars": answers | refused}


def error_of(reason: str) -> Object:
    """What is said of a calendar that cannot be told about."""
    return {"errors": [{"domain": "global", "reason": reason}], "busy": []}


def _busy(call: Call, name: str) -> Object:
    calendar = call.calendars.calendar(call.account, name)
    if calendar is None:
        return error_of("notFound")
    start, end = call.body["timeMin"], call.body["timeMax"]
    zone = zone_named(call.body.get("timeZone", "UTC"))
    times = busy_times(calendar, call.calendars.occurrences(calendar, start, end), start, end)
    return {"busy": [{"start": rfc3339(begins, zone), "end": rfc3339(ends, zone)} for begins, ends in times]}
