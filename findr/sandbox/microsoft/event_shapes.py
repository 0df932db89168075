"""An event as Graph shows it (https://learn.microsoft.com/graph/api/resources/event)."""

from __future__ import annotations

import base64
from typing import Any
from zoneinfo import ZoneInfo

from findr.sandbox.calendars.times import moment, zone_named
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.mailbox import EVENT_MARK, Found, occurrence_id
from findr.sandbox.microsoft.moments import shown, wall
from findr.sandbox.microsoft.recurrence import patterned
from findr.sandbox.microsoft.windows_zones import WINDOWS_NAMES

RESPONSES = {
    "organizer": "organizer",
    "accepted": "accepted",
    "tentative": "tentativelyAccepted",
    "declined": "declined",
    "none": "notResponded",
}
# Exchange marks the time of an invitation that its owner has not accepted yet as tentative.
TENTATIVE_UNTIL_ACCEPTED = ("none", "tentative")
NEVER = "0001-01-01T00:00:00Z"
PREVIEW = 255
# What only Graph's events have, if nobody says otherwise; the ledger keeps what was said.
EXTRAS: dict[str, Any] = {
    "categories": [],
    "importance": "normal",
    "sensitivity": "normal",
    "isReminderOn": True,
    "reminderMinutesBeforeStart": 15,
    "location": "",
    "contentType": "html",
}
ORGANIZER = "organizer@example.test"


def show_as(event: Object) -> str:
    """Free, tentative, busy, oof or workingElsewhere, as the mailbox's owner sees it."""
    if event["show_as"] == "busy" and event["response"] in TENTATIVE_UNTIL_ACCEPTED:
        return "tentative"
    return str(event["show_as"])


def zone_name(event: Object) -> str:
    """The event's zone as whoever made it wrote it; Outlook itself writes Windows' names."""
    return str(event["extra"].get("zone") or WINDOWS_NAMES.get(event["time_zone"], event["time_zone"]))


def graph_event(found: Found, zone: str) -> Object:
    """All fields, the times in this zone."""
    event = found.shown
    return {
        **_identity(found),
        **_when(found, zone),
        **_own_words(event),
        **_people(found),
        "showAs": show_as(event),
        "isCancelled": event["status"] == "cancelled",
        "hasAttachments": False,
        "isOnlineMeeting": False,
        "onlineMeetingProvider": "unknown",
        "onlineMeetingUrl": None,
        "onlineMeeting": None,
    }


def graph_id(found: Found) -> str:
    """The id of the event, or of the occurrence that it is."""
    return occurrence_id(found.event["id"], found.occurrence) if found.occurrence else str(found.event["id"])


def _identity(found: Found) -> Object:
    event, identity = found.shown, graph_id(found)
    change = base64.b64encode(f"{EVENT_MARK}{event['id'][-8:]}{event['version']:06d}".encode()).decode()
    return {
        "@odata.etag": f'W/"{change}"',
        "id": identity,
        "changeKey": change,
        "createdDateTime": event["created"],
        "lastModifiedDateTime": event["updated"],
        "transactionId": event["transaction_id"] or None,
        "iCalUId": event["id"].encode().hex().upper(),
        "webLink": f"https://outlook.office365.com/owa/?itemid={identity}&exvsurl=1&path=/calendar/item",
        "type": _type(found),
        "seriesMasterId": event["id"] if found.occurrence else None,
    }


def _type(found: Found) -> str:
    if found.occurrence is None:
        return "seriesMaster" if found.event["recurrence"] else "singleInstance"
    return "exception" if found.occurrence in found.event["exceptions"] else "occurrence"


def _when(found: Found, zone: str) -> Object:
    event = found.shown
    home = zone_named(found.calendar["time_zone"])
    when: Object = {
        "start": _time(event, "start", home, zone),
        "end": _time(event, "end", home, zone),
        "isAllDay": event["all_day"],
        "originalStartTimeZone": zone_name(event),
        "originalEndTimeZone": zone_name(event),
        "recurrence": None if found.occurrence else patterned(found.event, zone_name(found.event)),
    }
    if found.occurrence:
        when["originalStart"] = moment(found.occurrence, home).strftime("%Y-%m-%dT%H:%M:%SZ")
    return when


def _time(event: Object, name: str, home: ZoneInfo, zone: str) -> Object:
    """Whole days are midnight to midnight whatever zone is preferred: the days are those of the mailbox's own zone."""
    instant = moment(event[name], home)
    return wall(instant.astimezone(home), zone) if event["all_day"] else shown(instant, zone)


def _own_words(event: Object) -> Object:
    extra = {**EXTRAS, **event["extra"]}
    place = extra["location"]
    location = {"displayName": place, "locationType": "default", "uniqueIdType": "unknown"}
    names = ("categories", "importance", "sensitivity", "isReminderOn", "reminderMinutesBeforeStart")
    return {
        "subject": event["title"],
        "bodyPreview": event["description"][:PREVIEW],
        "body": {"contentType": extra["contentType"], "content": event["description"]},
        "location": location,
        "locations": [location] if place else [],
        **{name: extra[name] for name in names},
    }


def _people(found: Found) -> Object:
    event, owner = found.shown, found.calendar["account"]
    own = event["response"] == "organizer"
    response = {"response": RESPONSES[event["response"]], "time": NEVER if own else event["updated"]}
    invited = [] if own else [{"type": "required", "status": response, "emailAddress": _address(owner)}]
    return {
        "isOrganizer": own,
        "organizer": {"emailAddress": _address(owner if own else ORGANIZER)},
        "attendees": invited,
        "responseStatus": response,
        "responseRequested": True,
        "allowNewTimeProposals": True,
        "hideAttendees": False,
        "isDraft": False,
    }


def _address(address: str) -> Object:
    return {"name": address.partition("@")[0], "address": address}


def with_property(found: Found, thing: Object, name: str | None) -> Object:
    """The shown event with the extended property of this id, if it was asked for and the event has it."""
    value = found.shown["properties"].get(name)
    return thing if value is None else {**thing, "singleValueExtendedProperties": [{"id": name, "value": value}]}
