"""The methods of Calendar API v3 that are served, what each takes, and the scopes of which it needs one."""

from __future__ import annotations

from findr.sandbox.google import channels, event_lists, events, lists
from findr.sandbox.google.calls import CalendarOperation
from findr.sandbox.google.event_bodies import CHANGED_BODY, NEW_BODY
from findr.sandbox.google.parameters import boolean, group, instant, integer, list_of, one_of, text, zone
from findr.sandbox.routes import Check, RouteTable

LIST_SCOPES = ("calendar", "calendar.readonly", "calendar.calendarlist", "calendar.calendarlist.readonly")
BUSY_SCOPES = ("calendar", "calendar.readonly", "calendar.freebusy", "calendar.events.freebusy")
WRITE_SCOPES = ("calendar", "calendar.events", "calendar.events.owned")
READ_SCOPES = (*WRITE_SCOPES, "calendar.readonly", "calendar.events.readonly", "calendar.events.owned.readonly")
PAGE: dict[str, Check] = {"maxResults": integer(1, 2500), "pageToken": text}
WINDOW: dict[str, Check] = {"timeMin": instant, "timeMax": instant, "timeZone": zone, "showDeleted": boolean}
WRITING: dict[str, Check] = {"sendUpdates": one_of("all", "externalOnly", "none")}
LISTING: dict[str, Check] = {
    **PAGE,
    **WINDOW,
    "orderBy": one_of("startTime", "updated"),
    "privateExtendedProperty": list_of(text),
    "singleEvents": boolean,
    "syncToken": text,
    "updatedMin": instant,
}
REPEATED = frozenset({"privateExtendedProperty"})
BUSY: dict[str, Check] = {
    "timeMin": instant,
    "timeMax": instant,
    "timeZone": zone,
    "items": list_of(group(id=text)),
    "groupExpansionMax": integer(1, 100),
    "calendarExpansionMax": integer(1, 50),
}
CALENDARS, EVENTS = "users/me/calendarList", "calendars/{}/events"

OPERATIONS: dict[tuple[str, str], CalendarOperation] = {
    ("GET", CALENDARS): CalendarOperation(
        "calendarList.list", lists.list_calendars, LIST_SCOPES, {**PAGE, "minAccessRole": one_of(*lists.ROLES)}
    ),
    ("GET", f"{CALENDARS}/{{}}"): CalendarOperation("calendarList.get", lists.get_calendar, LIST_SCOPES),
    ("POST", "freeBusy"): CalendarOperation("freebusy.query", lists.query_free_busy, BUSY_SCOPES, body=BUSY),
    ("GET", EVENTS): CalendarOperation("events.list", event_lists.list_events, READ_SCOPES, LISTING, repeated=REPEATED),
    ("POST", EVENTS): CalendarOperation("events.insert", events.insert, WRITE_SCOPES, WRITING, NEW_BODY),
    ("GET", f"{EVENTS}/{{}}"): CalendarOperation("events.get", events.get, READ_SCOPES, {"timeZone": zone}),
    ("PUT", f"{EVENTS}/{{}}"): CalendarOperation("events.update", events.update, WRITE_SCOPES, WRITING, CHANGED_BODY),
    ("PATCH", f"{EVENTS}/{{}}"): CalendarOperation("events.patch", events.patch, WRITE_SCOPES, WRITING, CHANGED_BODY),
    ("DELETE", f"{EVENTS}/{{}}"): CalendarOperation("events.delete", events.delete, WRITE_SCOPES, WRITING),
    ("POST", f"{EVENTS}/watch"): CalendarOperation("events.watch", channels.watch, READ_SCOPES, {}, channels.CHANNEL),
    ("POST", "channels/stop"): CalendarOperation("channels.stop", channels.stop, READ_SCOPES, {}, channels.CHANNEL),
    ("GET", f"{EVENTS}/{{}}/instances"): CalendarOperation(
        "events.instances", event_lists.list_instances, READ_SCOPES, {**PAGE, **WINDOW}
    ),
}
TABLE = RouteTable({(method, f"calendar/v3/{path}"): served for (method, path), served in OPERATIONS.items()})
