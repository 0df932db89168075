"""What clients send of an event, as the ledger keeps it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from findr.sandbox.calendars.events import SHOWN_AS
from findr.sandbox.calendars.times import text_of
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.errors import GraphRefusal, bad
from findr.sandbox.microsoft.moments import given_moment
from findr.sandbox.routes import Check, check_parameters

# The ways in which an extended property is named here (https://learn.microsoft.com/graph/api/resources/extended-properties-overview).
PROPERTY_ID = re.compile(
    r"String \{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\} (Name [^\s]+|Id 0x[0-9a-f]{1,8})", re.IGNORECASE
)
INVALID = "ErrorPropertyValidationFailure"


def wrong(name: str, what: str) -> GraphRefusal:
    """The body cannot be read as the type it is for."""
    return bad(f"Cannot convert the value of '{name}': {what} is expected.", "RequestBodyRead")


def text(name: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise wrong(name, "a string")
    return value


def boolean(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong(name, "a boolean")
    return value


def whole(name: str, value: Any) -> int:
    """A whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(name, "an integer")
    return value


def one_of(*words: str) -> Check:
    """One of Graph's words."""

    def check(name: str, value: Any) -> str:
        if value not in words:
            raise wrong(name, f"one of {', '.join(words)}")
        return str(value)

    return check


def listing(item: Check) -> Check:
    """A list."""

    def check(name: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise wrong(name, "a collection")
        return [item(name, one) for one in value]

    return check


def group(**checks: Check) -> Check:
    """An object with these fields and no others."""

    def check(name: str, value: Any) -> Object:
        if not isinstance(value, dict):
            raise wrong(name, "an object")
        return check_parameters(value, checks, lambda key: f"{name}/{key}")

    return check


def extended_property(name: str, value: Any) -> tuple[str, str]:
    """Id and value of a ``singleValueLegacyExtendedProperty``."""
    given = group(id=text, value=text)(name, value)
    if set(given) != {"id", "value"} or not PROPERTY_ID.fullmatch(given["id"]):
        raise bad(f"'{name}' has an invalid property id, or no value.", "ErrorInvalidProperty")
    return given["id"], given["value"]


CHANGES: dict[str, Check] = {
    "subject": text,
    "body": group(contentType=one_of("text", "html"), content=text),
    "start": given_moment,
    "end": given_moment,
    "isAllDay": boolean,
    "showAs": one_of(*SHOWN_AS),
    "location": group(displayName=text),
    "importance": one_of("low", "normal", "high"),
    "sensitivity": one_of("normal", "personal", "private", "confidential"),
    "isReminderOn": boolean,
    "reminderMinutesBeforeStart": whole,
    "categories": listing(text),
    "singleValueExtendedProperties": listing(extended_property),
}
NEW: dict[str, Check] = {**CHANGES, "transactionId": text}
PLAIN = {"subject": "title", "showAs": "show_as", "isAllDay": "all_day", "transactionId": "transaction_id"}
KEPT_AS_IT_IS = ("importance", "sensitivity", "isReminderOn", "reminderMinutesBeforeStart", "categories")


def check_new(body: Mapping[str, Any]) -> None:
    """A new event has a start and an end."""
    for name in ("start", "end"):
        if name not in body:
            raise bad(f"At least one property failed validation: '{name}' is required.", INVALID)


def fields(body: Mapping[str, Any], before: Object | None = None) -> Object:
    """The ledger's fields for a body; ``before``: the event that changes."""
    before = before or {"all_day": False, "properties": {}, "extra": {}}
    found: Object = {PLAIN[name]: value for name, value in body.items() if name in PLAIN}
    whole_days = found.get("all_day", before["all_day"])
    if whole_days != before["all_day"] and before.get("start") and not {"start", "end"} <= set(body):
        raise bad("Of an event that becomes whole days, or ceases to be, both times are given anew.", INVALID)
    read: Callable[[str, datetime], str] = _date if whole_days else _instant
    found |= {name: read(name, body[name]) for name in ("start", "end") if name in body}
    if "body" in body:
        found["description"] = body["body"].get("content", "")
    if "singleValueExtendedProperties" in body:
        found["properties"] = {**before["properties"], **dict(body["singleValueExtendedProperties"])}
    found["extra"] = {**before["extra"], **_extras(body)}
    return found


def _extras(body: Mapping[str, Any]) -> Object:
    kept = {name: body[name] for name in KEPT_AS_IT_IS if name in body}
    if "location" in body:
        kept["location"] = body["location"].get("displayName", "")
    if "contentType" in body.get("body", {}):
        kept["contentType"] = body["body"]["contentType"]
    return kept


def _instant(_name: str, moment: datetime) -> str:
    return text_of(moment)


def _date(name: str, moment: datetime) -> str:
    if moment.time() != time():
        raise bad(f"The Event.{name.title()} property for an all-day event needs to be set to midnight.", INVALID)
    return moment.date().isoformat()
