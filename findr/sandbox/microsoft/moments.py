"""Moments as Graph writes them: ``dateTimeTimeZone`` with seven digits of a second, and ISO 8601 in addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from findr.sandbox.microsoft.errors import bad
from findr.sandbox.microsoft.windows_zones import IANA_NAMES
from findr.sandbox.routes import check_parameters

WALL = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)?")
PREFERRED = re.compile(r'\s*outlook\.timezone\s*=\s*"([^"]*)"\s*', re.IGNORECASE)
MIDNIGHT = "00:00:00"


def zone_of(name: Any) -> ZoneInfo:
    """A zone by its Windows or IANA name, in any case of letters; 400 ``TimeZoneNotSupportedException`` else."""
    key = _zone_names().get(name.lower()) if isinstance(name, str) else None
    if key is None:
        raise bad(f"A valid TimeZone value must be specified. '{name}' is none.", "TimeZoneNotSupportedException")
    return ZoneInfo(key)


@lru_cache(maxsize=1)
def _zone_names() -> dict[str, str]:
    iana = {name.lower(): name for name in available_timezones()}
    return iana | {windows.lower(): name for windows, name in IANA_NAMES.items()}


def preferred_zone(headers: Mapping[str, str]) -> str:
    """The zone of ``Prefer: outlook.timezone="…"`` for the answer, UTC without one; other preferences are passed over."""
    for part in headers.get("prefer", "").split(","):
        found = PREFERRED.fullmatch(part)
        if found:
            zone_of(found[1])
            return found[1]
    return "UTC"


def shown(moment: datetime, zone: str) -> dict[str, str]:
    """A moment as a ``dateTimeTimeZone`` in a zone."""
    return wall(moment.astimezone(zone_of(zone)), zone)


def wall(moment: datetime, zone: str) -> dict[str, str]:
    """A wall time, as it is, as a ``dateTimeTimeZone``."""
    return {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0", "timeZone": zone}


def given_moment(name: str, value: Any) -> datetime:
    """A ``dateTimeTimeZone`` as an aware moment in its own zone, to the second.

    Of a wall time that comes twice the first is meant; one that a change of the clocks leaves out is as long after the
    change as it says.
    """
    if not isinstance(value, dict):
        raise bad(f"'{name}' is no dateTimeTimeZone.", "RequestBodyRead")
    given = check_parameters(value, {"dateTime": _text, "timeZone": _text}, lambda key: f"{name}/{key}")
    found = WALL.fullmatch(given.get("dateTime", ""))
    if found is None:
        raise bad(f"'{name}/dateTime' is no date and time.", "ErrorInvalidParameter")
    zone = zone_of(given.get("timeZone"))
    if found[2]:
        return _parsed(name, found[1] + found[2]).astimezone(zone)
    return _parsed(name, found[1]).replace(tzinfo=zone)


def given_instant(name: str, value: Any) -> datetime:
    """A ``dateTimeTimeZone`` in UTC, so that what is reckoned with it is time that passes."""
    return given_moment(name, value).astimezone(UTC)


def moment_of_query(name: str, value: Any) -> datetime:
    """ISO 8601 in an address; UTC where no offset is given."""
    found = WALL.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise bad(f"The value '{value}' of parameter '{name}' is invalid.")
    moment = _parsed(name, found[1] + (found[2] or ""))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _parsed(name: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise bad(f"'{name}' is no date and time.") from None


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise bad(f"'{name}' is no string.", "RequestBodyRead")
    return value
