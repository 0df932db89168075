"""A series' rule as Graph shows it (https://learn.microsoft.com/graph/api/resources/patternedrecurrence)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from findr.sandbox.calendars.times import moment, wall_time, zone_named
from findr.sandbox.ledger import Object

DAYS = {
    "MO": "monday",
    "TU": "tuesday",
    "WE": "wednesday",
    "TH": "thursday",
    "FR": "friday",
    "SA": "saturday",
    "SU": "sunday",
}
INDEXES = {"1": "first", "2": "second", "3": "third", "4": "fourth", "-1": "last"}
BY_DAY = re.compile(r"(-?\d)?([A-Z]{2})")
ABSOLUTE = {"DAILY": "daily", "WEEKLY": "weekly", "MONTHLY": "absoluteMonthly", "YEARLY": "absoluteYearly"}
RELATIVE = {"MONTHLY": "relativeMonthly", "YEARLY": "relativeYearly"}


def patterned(event: Object, zone_name: str) -> Object | None:
    """Pattern and range of a series; None of a single event."""
    if not event["recurrence"]:
        return None
    line = next(one for one in event["recurrence"] if one.startswith("RRULE:"))
    rule = dict(part.split("=") for part in line.removeprefix("RRULE:").split(";"))
    zone = zone_named(event["time_zone"])
    first = wall_time(moment(event["start"], zone), zone)
    return {"pattern": _pattern(rule, first), "range": _range(rule, first, zone_name)}


def _pattern(rule: dict[str, str], first: datetime) -> Object:
    frequency = rule["FREQ"]
    days = [BY_DAY.fullmatch(day) for day in rule.get("BYDAY", "").split(",") if day]
    named = [DAYS[day[2]] for day in days if day]
    index = next((day[1] for day in days if day and day[1]), None)
    weekly = frequency == "WEEKLY"
    return {
        "type": RELATIVE[frequency] if index and frequency in RELATIVE else ABSOLUTE[frequency],
        "interval": int(rule.get("INTERVAL", 1)),
        "month": first.month if frequency == "YEARLY" else 0,
        "dayOfMonth": first.day if frequency in RELATIVE and not index else 0,
        "daysOfWeek": named or ([list(DAYS.values())[first.weekday()]] if weekly else []),
        "firstDayOfWeek": DAYS[rule.get("WKST", "MO")],
        "index": INDEXES[index or "1"],
    }


def _range(rule: dict[str, str], first: datetime, zone_name: str) -> Object:
    until: Any = rule.get("UNTIL", "")[:8]
    return {
        "type": "numbered" if "COUNT" in rule else "endDate" if until else "noEnd",
        "startDate": first.date().isoformat(),
        "endDate": f"{until[:4]}-{until[4:6]}-{until[6:]}" if until else "0001-01-01",
        "recurrenceTimeZone": zone_name,
        "numberOfOccurrences": int(rule.get("COUNT", 0)),
    }
