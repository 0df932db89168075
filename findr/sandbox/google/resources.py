"""Calendars and events as Google shows them (``CalendarListEntry`` and ``Event`` in the discovery document)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from findr.sandbox.calendars.times import zone_named
from findr.sandbox.google.busy import TRANSPARENT
from findr.sandbox.google.times import shown, with_milliseconds
from findr.sandbox.ledger import Object

EVENT_TYPES = {"oof": "outOfOffice", "workingElsewhere": "workingLocation"}
ANSWERS = {"accepted": "accepted", "tentative": "tentative", "declined": "declined", "none": "needsAction"}
# Who invited, when somebody else did.
ORGANIZER = "organizer@example.test"
# What the ledger keeps in Google's own words.
EXTRA = ("location", "visibility", "attendees", "reminders", "colorId", "source", "shared")


def calendar_entry(calendar: Object) -> Object:
    """A calendar in the list of its account."""
    entry = {
        "kind": "calendar#calendarListEntry",
        "etag": f'"{calendar["version"]}"',
        "id": calendar["calendar"],
        "summary": calendar["name"],
        "timeZone": calendar["time_zone"],
        "accessRole": access_role(calendar),
        "selected": True,
        "defaultReminders": [],
    }
    return entry | ({"primary": True} if calendar["primary"] else {})


def access_role(calendar: Object) -> str:
    """What the account may do with a calendar."""
    if not calendar["can_write"]:
        return "reader"
    return "owner" if calendar["owner"] == calendar["account"] else "writer"


def occurrence_id(event: Object) -> str:
    """The id of an occurrence is its series' with its original start, which stays when it is moved."""
    if not event.get("series"):
        return str(event["id"])
    return f"{event['series']}_{event['original_start'].replace('-', '').replace(':', '')}"


def etag(event: Object) -> str:
    """Another one after each change."""
    return f'"{event["version"]}"'


def event_resource(calendar: Object, event: Object, zone: ZoneInfo | None = None) -> Object:
    """An event, series or occurrence, its times in this zone or the calendar's."""
    zone = zone or zone_named(calendar["time_zone"])
    identity = occurrence_id(event)
    answer = {
        "kind": "calendar#event",
        "etag": etag(event),
        "id": identity,
        "status": status(event),
        "htmlLink": f"https://www.google.com/calendar/event?eid={identity}",
        "created": with_milliseconds(event["created"]),
        "updated": with_milliseconds(event["updated"]),
        "creator": _person(event),
        "organizer": _person(event),
        "start": shown(event["start"], zone, event["time_zone"]),
        "end": shown(event["end"], zone, event["time_zone"]),
        "iCalUID": f"{event.get('series') or event['id']}@google.com",
        "eventType": EVENT_TYPES.get(event["show_as"], "default"),
        "reminders": event["extra"].get("reminders", {"useDefault": True}),
    }
    return answer | _written(event) | _of_series(event, zone)


def status(event: Object) -> str:
    """Google has no tentative time, only tentative events."""
    if event["status"] == "confirmed" and event["show_as"] == "tentative":
        return "tentative"
    return str(event["status"])


def _person(event: Object) -> Object:
    own = event["response"] == "organizer"
    return {"email": event["account"], "self": True} if own else {"email": ORGANIZER}


def _written(event: Object) -> dict[str, Any]:
    """What is only there if somebody wrote it."""
    extra = event["extra"]
    kept = {"private": event["properties"], "shared": extra.get("shared", {})}
    properties = {name: values for name, values in kept.items() if values}
    fields = {
        "summary": event["title"],
        "description": event["description"],
        "transparency": "transparent" if event["show_as"] in TRANSPARENT else "",
        "extendedProperties": properties,
        "attendees": _attendees(event),
        **{name: extra.get(name) for name in ("location", "visibility", "colorId", "source")},
    }
    return {name: value for name, value in fields.items() if value}


def _attendees(event: Object) -> list[Object]:
    if event["response"] == "organizer":
        return list(event["extra"].get("attendees", []))
    invited = {"email": event["account"], "self": True, "responseStatus": ANSWERS[event["response"]]}
    return [{"email": ORGANIZER, "organizer": True, "responseStatus": "accepted"}, invited]


def _of_series(event: Object, zone: ZoneInfo) -> Object:
    if event["recurrence"]:
        return {"recurrence": event["recurrence"]}
    if not event.get("series"):
        return {}
    original = shown(event["original_start"], zone, event["time_zone"])
    return {"recurringEventId": event["series"], "originalStartTime": original}
