"""Busy times and events in the words of the Calendar API. https://developers.google.com/workspace/calendar/api/v3/reference"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from calendars.vendors.base import (
    BusyInterval,
    CalendarMissing,
    EventDraft,
    MirroredEvent,
    Unavailable,
    VendorCalendar,
    VendorEvent,
)

# Marks events of ours among all others; only findr's client sees it.
MARK = {"findr": "visit"}
OURS = "findr=visit"
WRITERS = ("writer", "owner")


def moment(text: str) -> datetime:
    """An RFC 3339 instant, in UTC.

    Raises:
        ValueError: it has no offset.
    """
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("no offset")
    return read.astimezone(UTC)


def calendar_of(entry: Mapping[str, Any]) -> VendorCalendar:
    """An entry of the calendar list."""
    return VendorCalendar(
        id=str(entry["id"]),
        name=str(entry.get("summaryOverride") or entry["summary"]),
        is_primary=bool(entry.get("primary")),
        can_write=entry["accessRole"] in WRITERS,
    )


def busy_question(calendars: Sequence[str], start: datetime, end: datetime) -> dict[str, Any]:
    """The body of freebusy.query."""
    items = [{"id": calendar} for calendar in calendars]
    return {"timeMin": start.isoformat(), "timeMax": end.isoformat(), "timeZone": "UTC", "items": items}


def busy_times(answer: Mapping[str, Any], calendars: Sequence[str]) -> list[BusyInterval]:
    """The answer's intervals: opaque and not declined, series expanded; so Google defines them.

    Raises:
        CalendarMissing: a calendar is not there, or nothing was said of it.
    """
    return [one for calendar in calendars for one in _busy_in((answer.get("calendars") or {}).get(calendar))]


def _busy_in(entry: Mapping[str, Any] | None) -> list[BusyInterval]:
    if entry is None:
        raise CalendarMissing("Google said nothing of a calendar.")
    reasons = [str(error.get("reason")) for error in entry.get("errors") or []]
    if reasons and set(reasons) != {"notFound"}:
        raise Unavailable("Google could not read a calendar.")
    if reasons or "busy" not in entry:
        raise CalendarMissing("Google does not know a calendar.")
    return [BusyInterval(moment(one["start"]), moment(one["end"])) for one in entry["busy"]]


def mirrored_event(event: Mapping[str, Any], zone: ZoneInfo) -> MirroredEvent:
    """An event of a list of single events, by the matrix that free/busy has: opaque and not declined.

    Args:
        zone: the calendar's, in which whole days are days.
    """
    identity, series = str(event["id"]), str(event.get("recurringEventId") or "")
    # What was cancelled is often told without its times.
    if event["status"] == "cancelled" or event.get("transparency") == "transparent" or _is_declined(event):
        return MirroredEvent(identity, series_id=series)
    start, end = (_time(event[name], zone) for name in ("start", "end"))
    return MirroredEvent(identity, BusyInterval(start, end) if start < end else None, series)


def _is_declined(event: Mapping[str, Any]) -> bool:
    attendees = event.get("attendees") or []
    return any(one.get("self") and one.get("responseStatus") == "declined" for one in attendees)


def event_body(draft: EventDraft) -> dict[str, Any]:
    """The whole event: nobody is invited and nobody reminded, and only those who may see details see it."""
    times = {
        name: {"dateTime": at.isoformat(), "timeZone": draft.timezone}
        for name, at in (("start", draft.start), ("end", draft.end))
    }
    return {
        "id": draft.key,
        "status": "confirmed",
        "summary": draft.title,
        "description": draft.description,
        **times,
        "visibility": "private",
        "transparency": "opaque",
        "reminders": {"useDefault": False},
        "extendedProperties": {"private": MARK},
    }


def ours_between(start: datetime, end: datetime) -> dict[str, str]:
    """Parameters of events.list; an event that is under way at the start is listed too."""
    return {"timeMin": start.isoformat(), "timeMax": end.isoformat(), "privateExtendedProperty": OURS}


def event_of(event: Mapping[str, Any]) -> VendorEvent:
    """An event of ours, whose id is our key. Whole days, if somebody made it so, are taken as UTC's."""
    start, end = (_time(event[name], UTC) for name in ("start", "end"))
    return VendorEvent(id=str(event["id"]), key=str(event["id"]), start=start, end=end)


def _time(when: Mapping[str, Any], zone: tzinfo) -> datetime:
    """An instant, or midnight of a date in this zone."""
    if when.get("dateTime"):
        return moment(when["dateTime"])
    return datetime.fromisoformat(when["date"]).replace(tzinfo=zone).astimezone(UTC)
