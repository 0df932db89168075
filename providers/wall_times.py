"""Reading times as clients write them (contract 2.3). Wall times are the provider's, never the server's.

Reading has two parts, since the shape can be judged before the provider is known: `parse` the text, then `resolve` it
in the provider zone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from findr.errors import FindrError

_DATE_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII
)
_TWELVE = re.compile(r"(\d{1,2}):(\d{2}) ?(AM|PM)", re.ASCII | re.IGNORECASE)
_TWENTY_FOUR = re.compile(r"(\d{2}):(\d{2})", re.ASCII)
# What the locale formatters of today's browsers and phones write between the minutes and AM or PM.
_NO_BREAK_SPACES = dict.fromkeys((0x00A0, 0x202F), " ")
# Leaves room for zones and durations on either side of what Python can represent.
_YEARS = range(1900, 9000)


class TimeDoesNotExist(FindrError):
    """A wall time that a change of the clocks skips."""

    status, code, error = 400, "time_does_not_exist", "This time does not exist on that day"


@cache
def zone_names() -> frozenset[str]:
    """Every name of the IANA list, links such as US/Eastern included: https://www.iana.org/time-zones

    The list that comes with `tzdata`, never the files of this machine: among them are `localtime`, which is the server's
    own zone, and whatever else somebody put there.
    """
    return frozenset((files("tzdata") / "zones").read_text(encoding="ascii").split())


@dataclass(frozen=True)
class GivenTime:
    """A time as it was written: an instant, if it had an offset, or a wall time of a zone yet to be named."""

    value: datetime

    def resolve(self, zone: ZoneInfo) -> datetime:
        """The instant, in UTC. A wall time that occurs twice means its first occurrence.

        Raises:
            TimeDoesNotExist: the clocks of `zone` skip this wall time.
        """
        if self.value.tzinfo is not None:
            return self.value.astimezone(UTC)
        local = self.value.replace(tzinfo=zone, fold=0)
        instant = local.astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) != self.value:
            raise TimeDoesNotExist(f"{clock_face(local)} does not exist on {local.date().isoformat()} in {zone.key}.")
        return instant


def parse_date_time(text: str) -> GivenTime:
    """The time of a visit: a date-time on a whole minute.

    Raises:
        ValueError: anything else.
    """
    given = parse_moment(text)
    if given.value.second or re.search(r"\.0*[1-9]", text):
        raise ValueError("not a whole minute")
    return given


def parse_moment(text: str) -> GivenTime:
    """`YYYY-MM-DDTHH:MM[:SS[.fff]]` plus `Z`, an offset or nothing; to the microsecond.

    Raises:
        ValueError: anything else.
    """
    match = _DATE_TIME.fullmatch(text)
    if not match:
        raise ValueError("not a date-time")
    day, hour, minute, seconds, fraction, offset = match.groups()
    wall = time(int(hour), int(minute), int(seconds or 0), int((fraction or "").ljust(6, "0")[:6]))
    return GivenTime(datetime.combine(_day(day), wall, tzinfo=_offset(offset)))


def parse_date_and_time(day: str, wall: str) -> GivenTime:
    """A date, of which the first ten characters count, and a wall time: `2:00 PM`, `02:00 pm`, `2:00PM` or `14:00`,
    with a no-break space or a plain one.

    Raises:
        ValueError: anything else.
    """
    if len(day) > 10:
        # The part after the date is not used, but a date followed by nonsense is no date.
        parse_shape(day)
    return GivenTime(datetime.combine(_day(day[:10]), parse_wall_time(wall)))


def parse_shape(text: str) -> None:
    """Refuse, with ValueError, what is not shaped like a date-time."""
    if not _DATE_TIME.fullmatch(text):
        raise ValueError("not a date-time")


def parse_wall_time(text: str) -> time:
    """A wall time in 12-hour or 24-hour form; ValueError for anything else."""
    text = text.translate(_NO_BREAK_SPACES).strip(" ")
    if match := _TWELVE.fullmatch(text):
        hour, minute, half = int(match[1]), int(match[2]), match[3].upper()
        if not 1 <= hour <= 12:
            raise ValueError("no such hour")
        return time(hour % 12 + (12 if half == "PM" else 0), minute)
    if match := _TWENTY_FOUR.fullmatch(text):
        return time(int(match[1]), int(match[2]))
    raise ValueError("not a wall time")


def parse_date(text: str) -> date:
    """`YYYY-MM-DD`; ValueError for anything else."""
    return _day(text)


def clock_face(local: datetime) -> str:
    """`2:00 PM`: no leading zero, one ASCII space (contract 2.3)."""
    return f"{local.hour % 12 or 12}:{local.minute:02d} {'AM' if local.hour < 12 else 'PM'}"


def exact_face(local: datetime) -> str:
    """The clock's face, and which of the two it is where the clocks go back: `1:30 AM MST`."""
    is_twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return f"{clock_face(local)} {local:%Z}" if is_twice else clock_face(local)


def in_full(moment: datetime, zone: ZoneInfo) -> str:
    """`Tuesday, June 2, 2026, 2:00 PM (America/Denver)`: as mails tell a moment, its zone named (lesson 66)."""
    local = moment.astimezone(zone)
    return f"{_date_in_full(local)}, {exact_face(local)} ({zone.key})"


def span_in_full(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """`Tuesday, June 2, 2026, 2:00 PM to 3:00 PM (America/Denver)`; what ends on another day says so."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = exact_face(last) if first.date() == last.date() else f"{_date_in_full(last)}, {exact_face(last)}"
    return f"{_date_in_full(first)}, {exact_face(first)} to {until} ({zone.key})"


def _date_in_full(local: datetime) -> str:
    return f"{local:%A, %B} {local.day}, {local.year}"


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError("not a date")
    day = date.fromisoformat(text)
    if day.year not in _YEARS:
        raise ValueError("no year of ours")
    return day


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError("no such offset")
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)
