"""Busy times and events in the words of Graph. https://learn.microsoft.com/graph/api/resources/calendar"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from calendars.vendors.base import (
    BusyInterval,
    CalendarMissing,
    EventDraft,
    Unavailable,
    VendorCalendar,
    VendorEvent,
)

# The default calendar by findr's name for it: Graph serves it without an id, and its schedule only so.
PRIMARY = "primary"
# The extended property that holds our key: in a set of findr's own, so that no other program's has the same name.
KEY = "String {6b8e1a52-3f0c-4f6e-9d55-66696e647201} Name findr"
# All else counts as busy: `busy`, `oof`, `tentative`, `unknown`, and what may come to be.
NOT_BUSY = ("free", "workingElsewhere")
# https://learn.microsoft.com/graph/api/calendar-getschedule: of work accounts, over less than 62 days.
LONGEST_SCHEDULE, SCHEDULE_STEP_MINUTES = timedelta(days=61), 5
MAILBOX_UNKNOWN = ("ErrorMailRecipientNotFound", "ErrorNonExistentMailbox", "ErrorInvalidSmtpAddress")
# How far the days of some zone on Earth are ahead of UTC's, and behind them.
AHEAD, BEHIND = timedelta(hours=14), timedelta(hours=12)


def path_of(calendar: str, collection: str) -> str:
    """`calendarView` or `events` of a calendar."""
    return f"/me/{collection}" if calendar == PRIMARY else f"/me/calendars/{quote(calendar, safe='')}/{collection}"


def event_path(event_id: str) -> str:
    """An event, in whichever calendar."""
    return f"/me/events/{quote(event_id, safe='')}"


def calendar_of(entry: Mapping[str, Any]) -> VendorCalendar:
    """An entry of the calendar list."""
    is_primary = entry["isDefaultCalendar"] is True
    return VendorCalendar(
        id=PRIMARY if is_primary else str(entry["id"]),
        name=str(entry["name"]),
        is_primary=is_primary,
        can_write=entry["canEdit"] is True,
    )


def moment(when: Mapping[str, Any]) -> datetime:
    """A `dateTimeTimeZone`, which was asked for in UTC.

    Raises:
        ValueError: it is in another zone.
    """
    if when["timeZone"] != "UTC":
        raise ValueError("not UTC")
    return datetime.fromisoformat(when["dateTime"]).replace(tzinfo=UTC)


# --- Busy times -------------------------------------------------------------------------------------------------------
def schedule_question(email: str, start: datetime, end: datetime) -> dict[str, Any]:
    """The body of getSchedule."""
    return {
        "schedules": [email],
        "startTime": _written(start),
        "endTime": _written(end),
        "availabilityViewInterval": SCHEDULE_STEP_MINUTES,
    }


def busy_in_schedule(answer: Mapping[str, Any]) -> list[BusyInterval]:
    """Of the one mailbox that was asked about: series expanded, whole days included, declined and cancelled left out.

    Raises:
        CalendarMissing: nothing was said of it, or it is unknown.
    """
    items = answer["value"]
    if not items:
        raise CalendarMissing("Microsoft said nothing of a mailbox.")
    (item,) = items
    if error := item.get("error"):
        if error.get("responseCode") in MAILBOX_UNKNOWN:
            raise CalendarMissing("Microsoft does not know a mailbox.")
        raise Unavailable("Microsoft could not read a mailbox.")
    return [
        BusyInterval(moment(one["start"]), moment(one["end"]))
        for one in item["scheduleItems"]
        if one["status"] not in NOT_BUSY
    ]


def view_question(start: datetime, end: datetime, fields: str) -> dict[str, str]:
    """Parameters of calendarView: whatever overlaps [start, end), each occurrence of a series by itself."""
    return {**window(start, end), "$select": fields, "$top": "100"}


def window(start: datetime, end: datetime) -> dict[str, str]:
    """Parameters of a view, or of a view's delta."""
    return {"startDateTime": _text(start), "endDateTime": _text(end)}


VIEW_FIELDS = "start,end,isAllDay,isCancelled,showAs,responseStatus"


def busy_in_view(events: Iterable[Mapping[str, Any]]) -> list[BusyInterval]:
    """Of the events of a calendarView."""
    return [_interval(event) for event in events if is_busy(event)]


def is_busy(event: Mapping[str, Any]) -> bool:
    is_declined = (event.get("responseStatus") or {}).get("response") == "declined"
    return not event["isCancelled"] and not is_declined and event["showAs"] not in NOT_BUSY


def _interval(event: Mapping[str, Any]) -> BusyInterval:
    """Whole days are given as dates, of a zone that is not said. That they overlap what was asked, Graph knows, who picked
    them: so they count as far as they might reach.
    """
    start, end = moment(event["start"]), moment(event["end"])
    return BusyInterval(start - AHEAD, end + BEHIND) if event["isAllDay"] else BusyInterval(start, end)


# --- Events -----------------------------------------------------------------------------------------------------------
def event_body(draft: EventDraft) -> dict[str, Any]:
    """The event as it should be: nobody is invited and nobody reminded, and only those who may see details see it."""
    return {
        "subject": draft.title,
        "body": {"contentType": "text", "content": draft.description},
        "start": _written(draft.start),
        "end": _written(draft.end),
        "isAllDay": False,
        "showAs": "busy",
        "sensitivity": "private",
        "isReminderOn": False,
        "singleValueExtendedProperties": [{"id": KEY, "value": draft.key}],
    }


def with_key(key: str) -> dict[str, str]:
    """Parameters of a list of events: those with this key of ours."""
    found = f"singleValueExtendedProperties/any(ep: ep/id eq '{KEY}' and ep/value eq '{key}')"
    return {"$filter": found, "$select": EVENT_FIELDS, "$expand": KEY_EXPANDED}


EVENT_FIELDS = "id,start,end,isCancelled"
KEY_EXPANDED = f"singleValueExtendedProperties($filter=id eq '{KEY}')"


def event_of(event: Mapping[str, Any]) -> VendorEvent | None:
    """An event of ours; None if it is somebody else's, or cancelled."""
    keys = [
        one["value"] for one in event.get("singleValueExtendedProperties") or [] if one["id"].lower() == KEY.lower()
    ]
    if not keys or event["isCancelled"]:
        return None
    return VendorEvent(id=str(event["id"]), key=str(keys[0]), start=moment(event["start"]), end=moment(event["end"]))


def _written(at: datetime) -> dict[str, str]:
    return {"dateTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
