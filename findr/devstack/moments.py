"""The moment at which a run of tests begins: the machine's own, one that was named, or one drawn from the awkward ones.

A drawn moment is told by its seed alone, whatever day it is: `bin/test --at random:SEED` draws it again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random, SystemRandom
from zoneinfo import ZoneInfo

from findr.devstack.errors import CannotStart

# Between them lie leap days, and years that begin on most days of the week.
FIRST_YEAR, LAST_YEAR = 2026, 2032
# Where the demonstration's practices are, and zones that are not whole hours away from UTC, or change by half an hour.
DEMO_ZONES = ("America/Denver", "America/New_York", "America/Chicago")
ODD_ZONES = ("Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham")
SEEDS = 1_000_000
RANDOM = re.compile(r"random(?::(\d{1,9}))?")


@dataclass(frozen=True)
class Start:
    """When a run begins, and how whoever reads of it can have it again."""

    moment: datetime
    told: str = ""

    @property
    def ahead(self) -> float:
        """Seconds between the machine's clock and this moment, now."""
        return self.moment.timestamp() - time.time()

    def __str__(self) -> str:
        return f"{self.moment:%Y-%m-%dT%H:%M:%SZ}{self.told}"


def chosen(text: str) -> Start:
    """The start that `--at` asks for: `2027-03-14T06:45Z`, `random` or `random:SEED`; blank is now.

    Raises:
        CannotStart: it is none of these.
    """
    if not text:
        return Start(datetime.now(UTC))
    if found := RANDOM.fullmatch(text):
        seed = int(found[1]) if found[1] else SystemRandom().randrange(SEEDS)
        kind, moment = draw(seed)
        return Start(moment, f" ({kind}; drawn with seed {seed})")
    named = _read(text)
    if named is None:
        raise CannotStart(
            f"--at takes a moment such as 2027-03-14T06:45Z, or random, or random:SEED, and not '{text}'."
        )
    return Start(named)


def _read(text: str) -> datetime | None:
    """The moment that a text names with its zone, in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def draw(seed: int) -> tuple[str, datetime]:
    """A kind of awkward moment, and one of its kind."""
    random = Random(seed)  # noqa: S311
    kind = random.choice(list(KINDS))
    return kind, KINDS[kind](random)


# --- The kinds --------------------------------------------------------------------------------------------------------
def _some_day(random: Random) -> date:
    return date(FIRST_YEAR, 1, 1) + timedelta(days=random.randrange(365 * (LAST_YEAR - FIRST_YEAR + 1)))


def _around(random: Random, moment: datetime, *, days: int = 0) -> datetime:
    """Up to an hour before it, or after it; or, half of the time, up to so many days before it."""
    if days and random.random() < 0.5:
        return moment - timedelta(minutes=random.randrange(days * 24 * 60))
    return moment + timedelta(minutes=random.randrange(-60, 60))


def _end_of_day(day: date, zone: str = "UTC") -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)


def _last_hour_of_a_day(random: Random) -> datetime:
    return _end_of_day(_some_day(random)) - timedelta(minutes=random.randrange(1, 61))


def _day_ends_in(zone: str) -> Callable[[Random], datetime]:
    return lambda random: _around(random, _end_of_day(_some_day(random), zone))


def _clocks_change(*, forward: bool) -> Callable[[Random], datetime]:
    """In one of the demonstration's zones, that day or in the week before it, when what is asked for lies beyond it."""

    def moment(random: Random) -> datetime:
        changes = clock_changes(random.choice(DEMO_ZONES), random.randint(FIRST_YEAR, LAST_YEAR))
        return _around(random, changes[0 if forward else 1], days=8)

    return moment


def _month_ends(random: Random) -> datetime:
    day = _some_day(random)
    return _around(random, _end_of_day(day.replace(day=1) - timedelta(days=1), random.choice(("UTC", *DEMO_ZONES))))


def _year_ends(random: Random) -> datetime:
    year = random.randint(FIRST_YEAR, LAST_YEAR - 1)
    return _around(random, _end_of_day(date(year, 12, 31), random.choice(("UTC", *DEMO_ZONES))), days=8)


def _leap_day(random: Random) -> datetime:
    """On 29 February, or so that what is asked for falls on it."""
    year = random.choice([year for year in range(FIRST_YEAR, LAST_YEAR + 1) if year % 4 == 0])
    return _around(random, datetime(year, 2, 29, random.randrange(24), tzinfo=UTC), days=8)


def _odd_zone(random: Random) -> datetime:
    """When the day ends, or the clocks change, where the wall shows a half hour or a quarter."""
    zone = random.choice(ODD_ZONES)
    changes = clock_changes(zone, random.randint(FIRST_YEAR, LAST_YEAR))
    return _around(random, random.choice([*changes, _end_of_day(_some_day(random), zone)]))


KINDS: dict[str, Callable[[Random], datetime]] = {
    "the last hour of a day in UTC": _last_hour_of_a_day,
    **{f"a day ends in {zone}": _day_ends_in(zone) for zone in DEMO_ZONES},
    "clocks go forward": _clocks_change(forward=True),
    "clocks go back": _clocks_change(forward=False),
    "a month ends": _month_ends,
    "a year ends": _year_ends,
    "29 February": _leap_day,
    "a zone of half hours": _odd_zone,
}


def clock_changes(zone: str, year: int) -> list[datetime]:
    """The moments of a year at which the zone's clocks change, to the minute, in UTC."""
    where, changes = ZoneInfo(zone), []
    before = datetime(year, 1, 1, tzinfo=UTC)
    while before.year == year:
        after = before + timedelta(days=1)
        if _shift(before, where) != _shift(after, where):
            changes.append(_between(before, after, where))
        before = after
    return changes


def _between(before: datetime, after: datetime, where: ZoneInfo) -> datetime:
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        before, after = (middle, after) if _shift(middle, where) == _shift(before, where) else (before, middle)
    return after


def _shift(moment: datetime, where: ZoneInfo) -> timedelta | None:
    return moment.astimezone(where).utcoffset()
