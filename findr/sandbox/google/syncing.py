"""events.list by sync tokens (https://developers.google.com/workspace/calendar/api/guides/sync)."""

from __future__ import annotations

from datetime import datetime

from findr.sandbox.calendars import changes
from findr.sandbox.google.calls import Call
from findr.sandbox.google.errors import GoogleRefusal, invalid
from findr.sandbox.google.paging import read_numbers, written
from findr.sandbox.google.resources import etag, event_resource
from findr.sandbox.ledger import Object

WORD = "sync"
# With these no list can be synchronised; the last ones may bound the first reading.
NEVER = ("orderBy", "updatedMin", "privateExtendedProperty")
NOT_AGAIN = (*NEVER, "timeMin", "timeMax")


def gives_token(call: Call) -> bool:
    """Whether the last page of this list says how to go on."""
    return not any(name in call.params for name in NEVER)


def token_at(call: Call, version: int) -> str:
    """A token that goes on from a version of the calendar, in the same kind of list."""
    return written(WORD, version, int(call.params.get("singleEvents", False)))


def changed(call: Call, calendar: Object, start: datetime, end: datetime) -> list[Object]:
    """What has changed since the token, wherever it is; 410 if that is not known any more."""
    for name in NOT_AGAIN:
        if name in call.params:
            raise invalid(name, f"Sync token cannot be used with {name}.")
    version, single = read_numbers("syncToken", call.params["syncToken"], WORD)
    if bool(single) != call.params.get("singleEvents", False):
        raise invalid("syncToken", "The sync token is of another kind of list.")
    if not changes.knows(calendar, version):
        raise GoogleRefusal(410, "fullSyncRequired")
    found = changes.since(call.calendars, calendar, version)
    if not single:
        return found
    return [one for event in found for one in _single(event, version, start, end)]


def _single(event: Object, version: int, start: datetime, end: datetime) -> list[Object]:
    is_series = event["recurrence"] or event.get("former")
    return changes.occurrences(event, version, start, end) if is_series else [event]


def resource(calendar: Object, event: Object, whole: Object) -> Object:
    """What is gone is told with little more than its id."""
    if event["status"] != "cancelled":
        return whole
    shown = event_resource(calendar, event)
    kept = ("kind", "id", "status", "recurringEventId", "originalStartTime")
    return {name: shown[name] for name in kept if name in shown} | {"etag": etag(event)}
