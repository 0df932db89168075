"""Times as Google writes and reads them (``EventDateTime`` in the discovery document)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from findr.sandbox.calendars.times import BadTime, at, read_date, read_instant, text_of, zone_named
from findr.sandbox.google.errors import GoogleRefusal, invalid

DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def rfc3339(instant: datetime, zone: ZoneInfo) -> str:
    """``2026-11-27T10:00:00+01:00``; in UTC with a Z."""
    return instant.astimezone(zone).isoformat().replace("+00:00", "Z")


def with_milliseconds(text: str) -> str:
    """``created`` and ``updated`` have them."""
    return text.replace("Z", ".000Z")


def shown(text: str, zone: ZoneInfo, time_zone: str) -> dict[str, str]:
    """A time of the ledger as an ``EventDateTime``."""
    if len(text) == 10:
        return {"date": text}
    return {"dateTime": rfc3339(read_instant(text), zone), "timeZone": time_zone}


def read(name: str, given: Any, default_zone: str) -> tuple[str, bool, str]:
    """What an ``EventDateTime`` means: the ledger's text, whether it is a whole day, and its zone."""
    given = {field: value for field, value in (given or {}).items() if value is not None}
    if not given:
        raise GoogleRefusal(400, "required", f"Missing {name} time.", ("parameter", name))
    if ("date" in given) == ("dateTime" in given):
        raise invalid(name, "Specify either a date or a dateTime.")
    zone = given.get("timeZone", default_zone)
    try:
        if "date" in given:
            return read_date(given["date"]).isoformat(), True, zone
        return text_of(_instant(given["dateTime"], zone_named(zone))), False, zone
    except BadTime as error:
        raise invalid(name, str(error)) from error


def _instant(text: str, zone: ZoneInfo) -> datetime:
    """An offset is needed unless a time zone is named."""
    if not DATE_TIME.fullmatch(text):
        raise BadTime(f"{text!r} is no time.")
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadTime(f"{text!r} is no time.") from error
    return at(wall, zone) if wall.tzinfo is None else wall.astimezone(UTC)
