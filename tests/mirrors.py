"""The mirror as tests look at it: what it holds, what a reading from the beginning would hold, and what patients see."""

from __future__ import annotations

import os
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calendar_accounts import CAL
from cast import RIDGE, call, run_jobs

from calendars.models import BusyTime, CalendarConnection
from calendars.services import mirroring, tokens
from calendars.tasks import sweep_mirrors
from calendars.vendors import vendor_named
from findr import clock

ZONE = ZoneInfo("America/Denver")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECONDS = 20.0


def noon(days: int = 3) -> datetime:
    """Noon at Ridge, so many days from the day on which the run began: a midnight that a test passes makes no other one."""
    now = clock.now()
    began = datetime.fromisoformat(os.environ.get("FINDR_TEST_START", now.isoformat()))
    today = began if now - began < DAY else now
    return datetime.combine((today + days * DAY).date(), time(12), tzinfo=ZONE)


def poll(time: Any) -> None:
    """A polling period passes, and the job comes by."""
    time.passes(seconds=301)
    sweep_mirrors()


def lane_of(start: datetime, *, minutes: int = 60, **query: Any) -> dict[str, Any]:
    """The first lane of a day's free times, its slots by their start."""
    asked = "".join(f"&{name}={value}" for name, value in query.items())
    answer = call("GET", f"/api/availability/{RIDGE}?date={start.astimezone(ZONE).date()}&duration={minutes}{asked}")
    assert answer.status == 200, answer.body
    lane = answer.body["availability"][0]
    return {**lane, "slots": [one["startTime"] for one in lane["slots"]]}


def is_offered(start: datetime, **query: Any) -> bool:
    """Whether a visit of an hour can be had then."""
    return f"{start.astimezone(ZONE):%H:%M}" in lane_of(start, **query)["slots"]


def held(connection: CalendarConnection) -> set[tuple[str, datetime, datetime]]:
    """What the mirror holds of what is still to come."""
    rows = BusyTime.objects.filter(calendar__mirror=connection.pk, end__gt=clock.now())
    return set(rows.values_list("event_id", "start", "end"))


def read_whole(connection: CalendarConnection) -> set[tuple[str, datetime, datetime]]:
    """What a reading from the beginning holds at this moment, in the window that the mirror has."""
    vendor, found = vendor_named(connection.vendor), set()
    for row in connection.mirror.calendars.all():
        access = tokens.access_of(CalendarConnection.objects.get(pk=connection.pk), seconds=SECONDS)
        read = vendor.read_events(access, row.calendar, row.starts, row.ends, seconds=SECONDS)
        found |= {(one.id, one.busy.start, one.busy.end) for one in read.events if one.busy}
    return {one for one in found if one[2] > clock.now()}


def mirrored(desk: Any, account: str = CAL) -> CalendarConnection:
    """A connected calendar that has been read; what connecting it promised is done."""
    connection = desk.connect(account)
    run_jobs()
    for pk in mirroring.due_mirrors():
        mirroring.read_mirror(pk)
    return CalendarConnection.objects.get(pk=connection.pk)
