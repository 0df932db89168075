"""events.list and events.instances: series as they are, or as their occurrences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from findr.sandbox.calendars.events import expanded, occurrence
from findr.sandbox.calendars.times import moment, zone_named
from findr.sandbox.google import syncing
from findr.sandbox.google.calls import Call
from findr.sandbox.google.errors import invalid
from findr.sandbox.google.events import find
from findr.sandbox.google.paging import page, read_numbers
from findr.sandbox.google.resources import access_role, event_resource
from findr.sandbox.google.times import with_milliseconds
from findr.sandbox.ledger import Object

# Occurrences are listed without a bound from the list's caller only until then.
HORIZON = timedelta(days=3650)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def list_events(call: Call) -> Object:
    """events.list."""
    calendar = call.calendar()
    single = call.params.get("singleEvents", False)
    if call.params.get("orderBy") == "startTime" and not single:
        raise invalid("orderBy", "The requested ordering is not available for the particular query.")
    start, end = _window(call)
    if "syncToken" in call.params:
        return _answer(call, calendar, syncing.changed(call, calendar, start, end))
    if single:
        found: Iterable[Object] = call.calendars.occurrences(calendar, start, end)
    else:
        found = _unexpanded(call, calendar, start, end)
    return _answer(call, calendar, [one for one in found if _wanted(call, one, single=single)])


def list_instances(call: Call) -> Object:
    """events.instances: the occurrences of one series."""
    calendar = call.calendar()
    series = find(call, calendar)
    start, end = _window(call)
    inside = (one for one in expanded(series, start, end) if _overlaps(calendar, one, start, end))
    found = sorted(inside, key=lambda one: str(one["start"]))
    return _answer(call, calendar, [one for one in found if _wanted(call, one, single=True)])


def _window(call: Call) -> tuple[datetime, datetime]:
    start = call.params.get("timeMin", EARLIEST)
    end = call.params.get("timeMax", datetime.fromtimestamp(call.now, UTC) + HORIZON)
    if end <= start and "timeMax" in call.params:
        raise invalid("timeMax", "The specified time range is empty.", "timeRangeEmpty")
    return start, end


def _unexpanded(call: Call, calendar: Object, start: datetime, end: datetime) -> Iterable[Object]:
    """Single events, series that have something in the window, and occurrences that differ from their series."""
    for event in call.calendars.events(calendar):
        if not event["recurrence"]:
            if _overlaps(calendar, event, start, end):
                yield event
            continue
        if any(_overlaps(calendar, one, start, end) for one in expanded(event, start, end)):
            yield event
        for original, differs in event["exceptions"].items():
            one = occurrence(event, differs["start"], differs["end"], original)
            if _overlaps(calendar, one, start, end):
                yield one


def _overlaps(calendar: Object, event: Object, start: datetime, end: datetime) -> bool:
    zone = zone_named(calendar["time_zone"])
    return moment(event["start"], zone) < end and moment(event["end"], zone) > start


def _wanted(call: Call, event: Object, *, single: bool) -> bool:
    """Deleted events only if they are asked for; cancelled occurrences also in a list of whole series."""
    shown = event["status"] != "cancelled" or call.params.get("showDeleted", False)
    if not single and event.get("series") and not _whole_is_gone(call, event):
        shown = True
    if "updatedMin" in call.params and moment(event["updated"], zone_named("UTC")) < call.params["updatedMin"]:
        return False
    private = event["properties"]
    wanted = (word.partition("=") for word in call.params.get("privateExtendedProperty", []))
    return shown and all(private.get(name) == value for name, _, value in wanted)


def _whole_is_gone(call: Call, event: Object) -> bool:
    whole = call.calendars.event(call.calendar(), event["series"])
    return whole is None or whole["status"] == "cancelled"


def _answer(call: Call, calendar: Object, found: list[Object]) -> Object:
    if call.params.get("orderBy") == "updated":
        found.sort(key=lambda one: int(one["version"]))
    zone = zone_named(call.params.get("timeZone") or calendar["time_zone"])
    token, version = call.params.get("pageToken"), calendar["version"]
    shown = page(found, call.params.get("maxResults", 250), token, version)
    if "nextPageToken" not in shown and syncing.gives_token(call):
        first = read_numbers("pageToken", token, "from")[1] if token else version
        shown["nextSyncToken"] = syncing.token_at(call, first)
    is_sync = "syncToken" in call.params
    whole = [(one, event_resource(calendar, one, zone)) for one in shown["items"]]
    shown["items"] = [syncing.resource(calendar, *one) if is_sync else one[1] for one in whole]
    latest = max((one["updated"] for one in found), default="1970-01-01T00:00:00Z")
    return {
        "kind": "calendar#events",
        "etag": f'"{calendar["version"]}"',
        "summary": calendar["name"],
        "updated": with_milliseconds(latest),
        "timeZone": zone.key,
        "accessRole": access_role(calendar),
        "defaultReminders": [],
        **shown,
    }
