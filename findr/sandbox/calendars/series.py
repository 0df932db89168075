"""Series of events (RFC 5545 section 3.8.5): which occurrences they have, by the clock on their zone's walls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from findr.sandbox.calendars.times import BadTime, at, read_date, read_instant, text_of, wall_time, zone_named
from findr.sandbox.ledger import Object

UNTIL = re.compile(r"UNTIL=(\d{8})(T\d{6}Z)?")
EXDATE = re.compile(r"EXDATE(?:;TZID=([^;:]+)|;VALUE=DATE)?:(.+)")
# An occurrence may be as far from its wall-clock time as two zones are apart.
MARGIN = timedelta(days=2)


def check(event: Object) -> None:
    """BadTime if the lines are no recurrence that is served here: RRULE and EXDATE."""
    if len([line for line in event["recurrence"] if str(line).startswith("RRULE:")]) != 1:
        raise BadTime("A series has one RRULE.")
    try:
        next(iter(_rules(event)), None)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadTime(f"No recurrence: {error}.") from error


def occurrences(event: Object, start: datetime, end: datetime) -> Iterator[tuple[str, str, str]]:
    """Original start, start and end of what the rules alone give in the window and a little around it, in order."""
    zone = zone_named(event["time_zone"])
    length = _length(event)
    from_wall, to_wall = (wall_time(instant, zone) for instant in (start - length - MARGIN, end + MARGIN))
    for wall in _rules(event).between(from_wall, to_wall, inc=True):
        begins, ends = _of_wall(event, wall, zone, length)
        yield begins, begins, ends


def times_of(event: Object, original: str) -> tuple[str, str] | None:
    """Start and end by the rules of the occurrence with this original start; None if there is none."""
    zone = zone_named(event["time_zone"])
    first = _wall(original, zone)
    window = (first - timedelta(hours=3), first + timedelta(hours=3))
    found = (_of_wall(event, wall, zone, _length(event)) for wall in _rules(event).between(*window, inc=True))
    return next((times for times in found if times[0] == original), None)


def _length(event: Object) -> timedelta:
    """Of whole days, in days; else in time that passes."""
    if event["all_day"]:
        return read_date(event["end"]) - read_date(event["start"])
    return read_instant(event["end"]) - read_instant(event["start"])


def _wall(text: str, zone: ZoneInfo) -> datetime:
    """A date begins at midnight, also where the clocks skip it."""
    return datetime.combine(read_date(text), time()) if len(text) == 10 else wall_time(read_instant(text), zone)


def _of_wall(event: Object, wall: datetime, zone: ZoneInfo, length: timedelta) -> tuple[str, str]:
    if event["all_day"]:
        return wall.date().isoformat(), (wall + length).date().isoformat()
    begins = at(wall, zone)
    return text_of(begins), text_of(begins + length)


def _rules(event: Object) -> rruleset:
    return _read_rules(event["start"], event["time_zone"], tuple(event["recurrence"]))


@lru_cache(maxsize=512)
def _read_rules(start: str, time_zone: str, lines: tuple[str, ...]) -> rruleset:
    """The lines of a series that begins then. What was expanded once is kept: a window is asked for again and again."""
    zone = zone_named(time_zone)
    found = rruleset(cache=True)
    for line in lines:
        if line.startswith("RRULE:"):
            found.rrule(_rule(line, _wall(start, zone), zone))
        elif match := EXDATE.fullmatch(line):
            for text in match[2].split(","):
                found.exdate(_excluded(text, zone_named(match[1]) if match[1] else zone, zone))
        else:
            raise BadTime(f"{line!r} is not served here.")
    return found


def _rule(line: str, first: datetime, zone: ZoneInfo) -> rrule:
    """UNTIL is an instant (RFC 5545 section 3.3.10) and must be a time on the same wall as the first occurrence."""

    def on_the_wall(match: re.Match[str]) -> str:
        if not match[2]:
            return f"UNTIL={match[1]}T235959"
        instant = datetime.strptime(match[0], "UNTIL=%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return f"UNTIL={wall_time(instant, zone):%Y%m%dT%H%M%S}"

    read = rrulestr(UNTIL.sub(on_the_wall, line.removeprefix("RRULE:")), dtstart=first)
    if not isinstance(read, rrule):
        raise BadTime(f"{line!r} is no rule.")
    return read


def _excluded(text: str, written_in: ZoneInfo, zone: ZoneInfo) -> datetime:
    shape = "%Y%m%d" if len(text) == 8 else "%Y%m%dT%H%M%S"
    read = datetime.strptime(text.removesuffix("Z"), shape)  # noqa: DTZ007  a time on the wall
    if len(text) == 8:
        return read
    return wall_time(read.replace(tzinfo=UTC) if text.endswith("Z") else at(read, written_in), zone)
