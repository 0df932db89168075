"""A calendar as people read it, in a terminal or a browser: a line for each event of some days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from findr.sandbox.calendars.book import Calendars
from findr.sandbox.calendars.times import at, from_epoch, moment, read_instant, wall_time, zone_named
from findr.sandbox.ledger import Object

LONGEST = timedelta(days=366)


def today(now: int, calendar: Object) -> date:
    """The day that it is where the calendar is; ``now`` is in seconds since the epoch."""
    return wall_time(read_instant(from_epoch(now)), zone_named(calendar["time_zone"])).date()


def agenda(calendars: Calendars, calendar: Object, first: date, days: int) -> str:
    """What takes place on these days, by the clock on the calendar's walls; what was cancelled does not."""
    zone = zone_named(calendar["time_zone"])
    start = at(datetime.combine(first, time()), zone)
    end = at(datetime.combine(first + min(timedelta(days=days), LONGEST), time()), zone)
    found = calendars.occurrences(calendar, start, end)
    lines = [_line(one, zone) for one in found if one["status"] != "cancelled"]
    return "".join(f"{line}\n" for line in [f"{calendar['name']}, {zone.key}", *lines])


def _line(event: Object, zone: ZoneInfo) -> str:
    begins, ends = (wall_time(moment(event[name], zone), zone) for name in ("start", "end"))
    if event["all_day"]:
        times = "all day" if ends - begins == timedelta(days=1) else f"until {ends - timedelta(days=1):%Y-%m-%d}"
    else:
        times = f"{begins:%H:%M}-{ends:{'%H:%M' if ends.date() == begins.date() else '%Y-%m-%d %H:%M'}}"
    said = "; ".join(" ".join(event[name].split()) for name in ("title", "description") if event[name].strip())
    return f"{begins:%a %Y-%m-%d}  {times:11}  {event['show_as']:9}  {said}".rstrip()
