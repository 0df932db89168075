"""Moments as the staff console writes them: on the practice's own clock, mostly."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from findr.console_pages.formatting import NOTHING, lines
from providers.wall_times import clock_face


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """`Tue, Jun 2, 2026, 2:00 PM America/Denver`: a moment on the practice's clock, and whose clock that is."""
    if moment is None:
        return NOTHING
    there = moment.astimezone(zone)
    return f"{day_of(there)}, {clock_face(there)} {zone.key}"


def local_lines(moment: datetime, zone: ZoneInfo) -> SafeString:
    """The same for a narrow column: the day, the time and the zone below one another."""
    there = moment.astimezone(zone)
    return lines(day_of(there), clock_face(there), zone.key)


def day_of(there: datetime) -> str:
    """`Tue, Jun 2, 2026`: the day of a moment that is on the right clock already."""
    return f"{there:%a, %b} {there.day}, {there.year}"


def span(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """`Tue, Jun 2, 2026, 2:00 PM to 3:00 PM America/Denver`; a visit that ends on another day says so."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = clock_face(last) if first.date() == last.date() else f"{day_of(last)}, {clock_face(last)}"
    return f"{day_of(first)}, {clock_face(first)} to {until} {zone.key}"


def span_lines(start: datetime, end: datetime, zone: ZoneInfo) -> SafeString:
    """The same for a narrow column, as `local_lines`."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = clock_face(last) if first.date() == last.date() else f"{day_of(last)}, {clock_face(last)}"
    return lines(day_of(first), f"{clock_face(first)} to {until}", zone.key)


def local_with_seconds(moment: datetime | None, zone: ZoneInfo) -> str:
    """`Jun 2, 2026, 14:00:05`: for the columns of a table whose heading names the zone."""
    if moment is None:
        return NOTHING
    there = moment.astimezone(zone)
    return f"{there:%b} {there.day}, {there.year}, {there:%H:%M:%S}"


def utc(moment: datetime | None) -> str:
    """`Jun 2, 2026, 14:00:05 UTC`: for lists about many practices."""
    return f"{local_with_seconds(moment, ZoneInfo('UTC'))} UTC" if moment else NOTHING
