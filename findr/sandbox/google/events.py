"""The events of a calendar: made, read, changed and deleted, one occurrence of a series like an event of its own."""

from __future__ import annotations

import re

from findr.sandbox.calendars.events import OF_THE_SERIES, BadEvent, occurrence
from findr.sandbox.calendars.series import times_of
from findr.sandbox.calendars.times import zone_named
from findr.sandbox.google.calls import Call
from findr.sandbox.google.errors import GoogleRefusal, invalid
from findr.sandbox.google.event_bodies import fields_of, merged
from findr.sandbox.google.resources import etag, event_resource
from findr.sandbox.ledger import Object

OCCURRENCE = re.compile(r"(.+)_(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z)?")


def insert(call: Call) -> Object:
    """events.insert: an id that was ever used in this calendar is taken, also by a deleted event."""
    calendar = call.calendar(to_write=True)
    identity = call.body.get("id")
    if identity and call.calendars.event(calendar, identity):
        raise GoogleRefusal(409, "duplicate")
    fields = fields_of(call.body, calendar)
    try:
        return event_resource(calendar, call.calendars.create(calendar, fields, identity))
    except BadEvent as error:
        raise invalid("recurrence", str(error)) from error


def get(call: Call) -> Object:
    """events.get: deleted ones too, as cancelled."""
    calendar = call.calendar()
    zone = zone_named(call.params.get("timeZone") or calendar["time_zone"])
    return event_resource(calendar, find(call, calendar), zone)


def update(call: Call) -> Object:
    """events.update: the body is the whole event; a deleted one comes back if it does not say ``cancelled``."""
    calendar = call.calendar(to_write=True)
    return _write(call, calendar, find(call, calendar), call.body)


def patch(call: Call) -> Object:
    """events.patch: the fields in the body, and no others."""
    calendar = call.calendar(to_write=True)
    event = find(call, calendar)
    return _write(call, calendar, event, merged(event_resource(calendar, event), call.body))


def delete(call: Call) -> None:
    """events.delete: 410 for what is deleted already."""
    calendar = call.calendar(to_write=True)
    event = find(call, calendar)
    if event["status"] == "cancelled":
        raise GoogleRefusal(410, "deleted")
    _check_etag(call, event)
    _save(call, calendar, event, {"status": "cancelled", "deleted": True})


def find(call: Call, calendar: Object) -> Object:
    """The event or occurrence of the path; 404 if there is none."""
    identity = call.ids[1]
    event = call.calendars.event(calendar, identity) or _occurrence(call, calendar, identity)
    if event is None:
        raise GoogleRefusal(404, "notFound")
    return event


def _occurrence(call: Call, calendar: Object, identity: str) -> Object | None:
    match = OCCURRENCE.fullmatch(identity)
    event = call.calendars.event(calendar, match[1]) if match else None
    if match is None or event is None or not event["recurrence"]:
        return None
    year, month, day, hour, *rest = match.groups()[1:]
    original = f"{year}-{month}-{day}" + (f"T{hour}:{':'.join(rest)}Z" if hour else "")
    if event["all_day"] == bool(hour):
        return None
    times = times_of(event, original)
    return occurrence(event, *times, original) if times else None


def _write(call: Call, calendar: Object, event: Object, body: Object) -> Object:
    _check_etag(call, event)
    fields = fields_of(body, calendar, before=event)
    if event.get("series"):
        fields = {name: value for name, value in fields.items() if name not in OF_THE_SERIES}
    try:
        return event_resource(calendar, _save(call, calendar, event, fields))
    except BadEvent as error:
        raise invalid("recurrence", str(error)) from error


def _save(call: Call, calendar: Object, event: Object, fields: Object) -> Object:
    original = event.get("original_start")
    if original is None:
        return call.calendars.change(calendar, event, fields)
    whole = call.calendars.event(calendar, event["series"])
    assert whole  # noqa: S101  the occurrence was made from it
    changed = call.calendars.change_occurrence(calendar, whole, original, fields)
    differs = changed["exceptions"][original]
    return occurrence(changed, differs["start"], differs["end"], original)


def _check_etag(call: Call, event: Object) -> None:
    """Somebody who read the event changes what they read."""
    wanted = call.headers.get("if-match", "*")
    if wanted not in ("*", etag(event)):
        raise GoogleRefusal(412, "conditionNotMet", location=("header", "If-Match"))
