"""An event as the ledger keeps it, whatever vendor shows it.

``start`` and ``end`` are instants in UTC or, of whole days (``all_day``), dates in the calendar's zone, the end not
included. ``time_zone`` is where a series' clock hangs. ``exceptions`` of a series are what differs from it, by the
occurrence's original start: ``{"2026-11-27T09:00:00Z": {"status": "cancelled"}}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from findr.sandbox.calendars import series
from findr.sandbox.calendars.times import BadTime, read_date, read_instant, text_of, zone_named
from findr.sandbox.ledger import Object

SHOWN_AS = ("free", "tentative", "busy", "oof", "workingElsewhere")
# What the calendar's owner said to the invitation; "organizer": it is the owner's own event.
RESPONSES = ("organizer", "accepted", "tentative", "declined", "none")
STATUSES = ("confirmed", "tentative", "cancelled")
FIELDS: dict[str, type] = {
    "start": str,
    "end": str,
    "all_day": bool,
    "time_zone": str,
    "show_as": str,
    "response": str,
    "status": str,
    "title": str,
    "description": str,
    # Names and values that only the program that wrote the event looks at.
    "properties": dict,
    # The id that a client gave its request to create the event.
    "transaction_id": str,
    # Lines of RFC 5545: RRULE and EXDATE.
    "recurrence": list,
    # Gone for whoever looks; its id stays taken.
    "deleted": bool,
    # What else the vendor keeps of it, in the vendor's own words.
    "extra": dict,
}
CHOICES = {"show_as": SHOWN_AS, "response": RESPONSES, "status": STATUSES}
DEFAULTS: Object = {
    "all_day": False,
    "show_as": "busy",
    "response": "organizer",
    "status": "confirmed",
    "title": "",
    "description": "",
    "properties": {},
    "transaction_id": "",
    "recurrence": [],
    "deleted": False,
    "extra": {},
}
# What no occurrence has for itself.
OF_THE_SERIES = ("recurrence", "time_zone", "all_day")


class BadEvent(Exception):
    """Fields that make no event; the text says why."""


def check_fields(given: Mapping[str, Any]) -> None:
    """BadEvent for a field that no event has, or a value that it cannot have."""
    for name, value in given.items():
        if not isinstance(value, FIELDS.get(name, ())):
            raise BadEvent(f"Unknown or wrong in an event: {name}.")
        if name in CHOICES and value not in CHOICES[name]:
            raise BadEvent(f"{name} is one of {', '.join(CHOICES[name])}.")


def checked(event: Object) -> Object:
    """The event with its times as the ledger keeps them; BadEvent if they are none, or end before they start."""
    check_fields({name: event[name] for name in FIELDS})
    try:
        zone_named(event["time_zone"])
        event["start"], event["end"] = (_time(event, name) for name in ("start", "end"))
        ends_early = event["end"] < event["start"] or (event["all_day"] and event["end"] == event["start"])
        if ends_early:
            raise BadEvent("The event ends before it starts.")
        if event["recurrence"]:
            series.check(event)
    except BadTime as error:
        raise BadEvent(str(error)) from error
    return event


def _time(event: Object, name: str) -> str:
    text: str = event[name]
    return read_date(text).isoformat() if event["all_day"] else text_of(read_instant(text))


def occurrence(event: Object, start: str, end: str, original: str | None) -> Object:
    """One occurrence of an event: for a series with what differs in it, and the series' id."""
    own = {"series": event["id"] if original else None, "original_start": original}
    differs = event["exceptions"].get(original, {}) if original else {}
    shown = {**event, "start": start, "end": end, **own, **differs}
    return {**shown, "recurrence": [], "exceptions": {}} if original else shown


def expanded(event: Object, start: datetime, end: datetime) -> Iterator[Object]:
    """The event itself, or the occurrences of a series near the window; moved ones wherever they are."""
    if not event["recurrence"]:
        yield occurrence(event, event["start"], event["end"], None)
        return
    for original, differs in event["exceptions"].items():
        yield occurrence(event, differs["start"], differs["end"], original)
    for original, begins, ends in series.occurrences(event, start, end):
        if original not in event["exceptions"]:
            yield occurrence(event, begins, ends, original)
