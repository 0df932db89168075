"""A calendar's view by delta queries (https://learn.microsoft.com/graph/delta-query-events).

The window is the one of the first question, for ever. A series comes as itself and, beside it, its occurrences with hardly
more than their times. What has changed and is not in the window any more is ``@removed``, also if it never was in it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from findr.sandbox.calendars import changes
from findr.sandbox.calendars.times import moment, zone_named
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.calls import Asker, GraphCall
from findr.sandbox.microsoft.errors import GraphRefusal, bad
from findr.sandbox.microsoft.event_shapes import graph_event, graph_id
from findr.sandbox.microsoft.mailbox import Found
from findr.sandbox.microsoft.moments import moment_of_query
from findr.sandbox.routes import Check

PAGE_SIZE = 10
PREFERRED = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)
OF_AN_OCCURRENCE = ("@odata.etag", "id", "type", "seriesMasterId", "start", "end")


def _text(_name: str, value: Any) -> Any:
    return value


DELTA: dict[str, Check] = {
    "startDateTime": moment_of_query,
    "endDateTime": moment_of_query,
    "$skiptoken": _text,
    "$deltatoken": _text,
}


@dataclass(frozen=True)
class Cursor:
    """Where a client is. ``since``: the version from which on changes are told, -1: everything; ``version``: up to which."""

    start: datetime
    end: datetime
    since: int = -1
    version: int = 0
    skip: int = 0

    def __str__(self) -> str:
        """As opaque as the real ones."""
        numbers = (int(self.start.timestamp()), int(self.end.timestamp()), self.since, self.version, self.skip)
        return base64.urlsafe_b64encode(" ".join(map(str, numbers)).encode()).decode()


def delta(asker: Asker, call: GraphCall, calendar: str | None = None) -> Object:
    """The first reading of a window, a page, or what has changed since."""
    place = asker.mailbox.default() if calendar is None else asker.mailbox.calendar(calendar)
    cursor = _cursor(call.query, place)
    if cursor.since >= 0 and not changes.knows(place, cursor.since):
        raise GraphRefusal(410, "SyncStateNotFound", "The sync state generation is not found; begin anew.")
    told = list(_told(asker, place, cursor, call.zone))
    size = _page_size(call.request.headers)
    answer: Object = {"value": told[cursor.skip : cursor.skip + size]}
    if len(told) > cursor.skip + size:
        following = replace(cursor, skip=cursor.skip + size)
        return answer | {"@odata.nextLink": f"{call.url}?$skiptoken={following}"}
    done = Cursor(cursor.start, cursor.end, since=cursor.version)
    return answer | {"@odata.deltaLink": f"{call.url}?$deltatoken={done}"}


def _cursor(query: Mapping[str, Any], place: Object) -> Cursor:
    given = set(query)
    if given == {"$skiptoken"}:
        return _read(query["$skiptoken"])
    if given == {"$deltatoken"}:
        return replace(_read(query["$deltatoken"]), version=place["version"])
    if given != {"startDateTime", "endDateTime"}:
        raise bad("This request requires a time window: startDateTime and endDateTime, or a token and nothing else.")
    if query["endDateTime"] <= query["startDateTime"]:
        raise bad("The start of the window is not before its end.")
    return Cursor(query["startDateTime"], query["endDateTime"], version=place["version"])


def _read(token: str) -> Cursor:
    try:
        start, end, *rest = map(int, base64.urlsafe_b64decode(token).decode().split(" "))
        return Cursor(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), *rest)
    except (binascii.Error, ValueError, TypeError, OverflowError):
        raise bad("Badly formed token.", "ErrorInvalidDeltaToken") from None


def _page_size(headers: Mapping[str, str]) -> int:
    found = PREFERRED.search(headers.get("prefer", ""))
    return max(1, min(int(found[1]), 1000)) if found else PAGE_SIZE


def _told(asker: Asker, place: Object, cursor: Cursor, zone: str) -> Iterator[Object]:
    for event in changes.since(asker.mailbox.book, place, cursor.since):
        ones = changes.occurrences(event, cursor.since, cursor.start, cursor.end)
        found = [Found(place, event, one, one["original_start"]) for one in ones]
        inside = [one for one in found if _is_there(one, place, cursor)]
        if event["recurrence"] and inside:
            yield graph_event(Found(place, event, event), zone)
        for one in found:
            if one in inside:
                yield _shown(graph_event(one, zone))
            elif cursor.since >= 0:
                yield _removed(graph_id(one))
        if event["recurrence"] and not inside and cursor.since >= 0:
            yield _removed(str(event["id"]))


def _is_there(found: Found, place: Object, cursor: Cursor) -> bool:
    """Cancelled occurrences are taken out; a single meeting that was called off stays, and says so."""
    one, home = found.shown, zone_named(place["time_zone"])
    if one["deleted"] or (one["status"] == "cancelled" and found.occurrence):
        return False
    return moment(one["start"], home) < cursor.end and moment(one["end"], home) > cursor.start


def _shown(event: Object) -> Object:
    return {name: event[name] for name in OF_AN_OCCURRENCE} if event["type"] == "occurrence" else event


def _removed(identity: str) -> Object:
    return {"@odata.type": "#microsoft.graph.event", "id": identity, "@removed": {"reason": "deleted"}}
