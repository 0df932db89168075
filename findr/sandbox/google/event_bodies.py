"""What clients write in an event: the fields that are taken, those that are Google's own, and what they mean."""

from __future__ import annotations

import re
from typing import Any

from findr.sandbox.google.busy import TRANSPARENT
from findr.sandbox.google.errors import GoogleRefusal, invalid
from findr.sandbox.google.parameters import boolean, group, integer, list_of, one_of, or_null, text, words, zone
from findr.sandbox.google.resources import ANSWERS, EVENT_TYPES, EXTRA, status
from findr.sandbox.google.times import read
from findr.sandbox.ledger import Object
from findr.sandbox.routes import Check

# Base32hex in lower case (RFC 2938 section 3.1.2).
EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")


def _anything(_name: str, value: Any) -> Any:
    return value


def _event_id(name: str, value: Any) -> str:
    if not EVENT_ID.fullmatch(text(name, value)):
        raise invalid("id", "Invalid resource id value.")
    return str(value)


TIME = group(date=or_null(text), dateTime=or_null(text), timeZone=or_null(zone))
ATTENDEE = group(
    email=text,
    displayName=text,
    optional=boolean,
    organizer=boolean,
    resource=boolean,
    responseStatus=one_of(*ANSWERS.values()),
    self=boolean,
)
REMINDERS = group(
    useDefault=boolean,
    overrides=list_of(group(method=one_of("email", "popup"), minutes=integer(0, 40320))),
)
WRITABLE: dict[str, Check] = {
    "attendees": list_of(ATTENDEE),
    "colorId": text,
    "description": text,
    "end": TIME,
    "eventType": one_of("default", *EVENT_TYPES.values()),
    "extendedProperties": group(private=or_null(words), shared=or_null(words)),
    "location": text,
    "recurrence": list_of(text),
    "reminders": REMINDERS,
    "source": group(title=text, url=text),
    "start": TIME,
    "status": one_of("confirmed", "tentative", "cancelled"),
    "summary": text,
    "transparency": one_of("opaque", "transparent"),
    "visibility": one_of("default", "public", "private", "confidential"),
}
# Sent back by clients that read an event and write it again; they change nothing.
READ_ONLY = (
    "created",
    "creator",
    "etag",
    "htmlLink",
    "iCalUID",
    "kind",
    "organizer",
    "originalStartTime",
    "recurringEventId",
    "updated",
)
CHANGED_BODY: dict[str, Check] = {
    **{name: or_null(check) for name, check in WRITABLE.items()},
    **dict.fromkeys(READ_ONLY, _anything),
    "id": _anything,
}
NEW_BODY: dict[str, Check] = {**CHANGED_BODY, "id": _event_id}


def merged(resource: Object, patch: Object) -> Object:
    """A resource with the fields of a patch: objects are merged, lists replaced, null takes away (RFC 7396)."""
    whole = dict(resource)
    for name, value in patch.items():
        if value is None:
            whole.pop(name, None)
        elif isinstance(value, dict):
            whole[name] = merged(whole.get(name, {}), value)
        else:
            whole[name] = value
    return whole


def fields_of(body: Object, calendar: Object, before: Object | None = None) -> Object:
    """What the whole body of an event means in the ledger; ``before``: the event that it replaces."""
    start, whole_days, time_zone = read("start", body.get("start"), calendar["time_zone"])
    end, ends_whole, _ = read("end", body.get("end"), calendar["time_zone"])
    if whole_days != ends_whole:
        raise invalid("end", "Start and end times must either both be date or both be dateTime.")
    if end < start or (whole_days and end == start):
        raise GoogleRefusal(400, "timeRangeEmpty", location=("parameter", "end"))
    _check_type(body, before)
    properties = body.get("extendedProperties") or {}
    extra = {name: body[name] for name in EXTRA if body.get(name) is not None}
    if properties.get("shared"):
        extra["shared"] = _set(properties["shared"])
    return {
        "start": start,
        "end": end,
        "all_day": whole_days,
        "time_zone": _zone(body, time_zone),
        "title": body.get("summary") or "",
        "description": body.get("description") or "",
        "recurrence": body.get("recurrence") or [],
        "properties": _set(properties.get("private") or {}),
        "extra": extra,
        "response": _response(body, before),
        **_standing(body, before),
    }


def _set(given: Object) -> Object:
    return {name: value for name, value in given.items() if value is not None}


def _zone(body: Object, time_zone: str) -> str:
    """A series is expanded in a zone that it must name."""
    if body.get("recurrence") and "timeZone" not in body["start"] and "date" not in body["start"]:
        raise GoogleRefusal(400, "required", "Missing time zone definition for start time.")
    return time_zone


def _check_type(body: Object, before: Object | None) -> None:
    """What kind of event it is stays what it is; those that are written here are default ones."""
    own = EVENT_TYPES.get(before["show_as"], "default") if before else "default"
    if (body.get("eventType") or own) != own:
        raise invalid("eventType", "Event type cannot be changed.", "eventTypeRestriction")


def _standing(body: Object, before: Object | None) -> Object:
    """Status and what the time shows as; what Google has no word for stays as it is if nobody changes it."""
    wanted = body.get("status") or "confirmed"
    transparent = body.get("transparency") == "transparent"
    if before and (before["show_as"] in TRANSPARENT) == transparent and status(before) == wanted:
        return {"show_as": before["show_as"], "status": before["status"], "deleted": before["deleted"]}
    show_as = "free" if transparent else "busy"
    if before and EVENT_TYPES.get(before["show_as"]):
        show_as = before["show_as"]
    return {"show_as": show_as, "status": wanted, "deleted": wanted == "cancelled"}


def _response(body: Object, before: Object | None) -> str:
    """Somebody who was invited answers among the attendees."""
    if before is None or before["response"] == "organizer":
        return "organizer"
    own = [one.get("responseStatus") for one in body.get("attendees") or [] if one.get("email") == before["account"]]
    return next((name for name, word in ANSWERS.items() if word in own), str(before["response"]))
