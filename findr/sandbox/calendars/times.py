"""Instants and dates as the ledger keeps them: ``2026-11-27T10:00:00Z``, and ``2026-11-27`` for whole days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class BadTime(ValueError):
    """A time, date or zone that is none; the text says which."""


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadTime(f"There is no time zone {name!r}.") from error


def read_instant(text: str) -> datetime:
    """An ISO 8601 instant with its offset, in UTC and whole seconds."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadTime(f"{text!r} is no time.") from error
    if read.tzinfo is None:
        raise BadTime(f"{text!r} has no offset.")
    return read.astimezone(UTC).replace(microsecond=0)


def read_date(text: str) -> date:
    """An ISO 8601 date, written with dashes."""
    try:
        read = date.fromisoformat(text)
    except ValueError as error:
        raise BadTime(f"{text!r} is no date.") from error
    if read.isoformat() != text:
        raise BadTime(f"{text!r} is no date.")
    return read


def at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time. One that a change of the clocks skips is as much later; one it repeats, the first."""
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def wall_time(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock on the wall shows then."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def text_of(instant: datetime) -> str:
    """The instant as the ledger keeps it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str, zone: ZoneInfo) -> datetime:
    """When something of the ledger is: an instant, or midnight of a date in this zone."""
    return at(datetime.combine(read_date(text), time()), zone) if len(text) == 10 else read_instant(text)


def from_epoch(seconds: int) -> str:
    """The sandbox's clock as the ledger keeps times."""
    return text_of(datetime.fromtimestamp(seconds, UTC))
