"""What a line of history has to say beside its kind, in words: never as it is stored."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bookings.admin.formatting import money, plain
from bookings.models import Booking
from bookings.models.history import STAFF_REASON
from findr.money import in_cents
from providers.admin_times import local, span

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)
# A word of ours, such as a code.
_WORD = re.compile("[a-z]+(_[a-z]+)+")
_TIME = "suggestedTimeId"
# What people typed, told as it stands, whatever it looks like.
_TYPED = ("reason", "message", STAFF_REASON)


def in_words(data: dict[str, Any], booking: Booking) -> list[tuple[str, str]]:
    """Each thing that is told, and what is told of it; what is blank is not told."""
    given = ((name, value) for name, value in data.items() if value not in (None, "", [], {}))
    return [_told(name, value, booking) for name, value in given]


def _told(name: str, value: Any, booking: Booking) -> tuple[str, str]:
    if name == "amount" and isinstance(value, int | float):  # Dollars, as on the wire (contract 12.2).
        return name, money(in_cents(value), booking.payment.currency)
    if name == _TIME:
        return "accepted time", _accepted(str(value), booking)
    if name in _TYPED and isinstance(value, str):
        return _spaced(name), plain(value) if _WORD.fullmatch(value) else value
    return _spaced(name), _said(value, booking.provider.zone)


def _accepted(identifier: str, booking: Booking) -> str:
    for time in booking.suggestions.all():
        if str(time.id) == identifier:
            return span(time.start, time.end, booking.provider.zone)
    return identifier


def _spaced(name: str) -> str:
    """`bookingType` is "booking type"."""
    return plain(re.sub("([A-Z])", r" \1", name).lower())


def _said(value: Any, zone: ZoneInfo) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case {"startTime": start, "endTime": end}:
            return _span(start, end, zone)
        case dict():
            return ", ".join(f"{_spaced(name)} {_said(part, zone)}" for name, part in value.items())
        case list():
            return "; ".join(_said(one, zone) for one in value)
        case str() if _WORD.fullmatch(value):
            return plain(value)
        case _:
            moment = _moment(value)
            return local(moment, zone) if moment else str(value)


def _span(start: Any, end: Any, zone: ZoneInfo) -> str:
    first, last = _moment(start), _moment(end)
    return span(first, last, zone) if first and last else f"{start} to {end}"


def _moment(value: Any) -> datetime | None:
    """An instant as it is stored; None for all else, and for one that no clock of any zone could show."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if _FIRST <= moment <= _LAST else None
