"""What the mirror says of a day costs the same however much stands in the calendars, and however many visits there were."""

from time import perf_counter
from uuid import uuid4

from cast import RIDGE
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from mirrors import DAY, HOUR, mirrored, noon

from calendars.busy_times import calendars_of_lanes
from calendars.models import BusyTime, CalendarEvent, MirroredCalendar
from findr import clock

EVENTS, CALENDARS, VISITS, RUNS = 1_500, 12, 5_000, 40


def test_a_day_is_found_by_indexes(google, figures):
    connection = mirrored(google)
    calendar = MirroredCalendar.objects.get(mirror=connection.pk)
    others = [MirroredCalendar(mirror=connection.mirror, calendar=f"other{n}") for n in range(CALENDARS)]
    starts = [noon(1) + number * HOUR / 2 for number in range(EVENTS)]
    BusyTime.objects.bulk_create(
        BusyTime(calendar=one, event_id=f"event{n}", start=start, end=start + HOUR / 4)
        for one in (calendar, *MirroredCalendar.objects.bulk_create(others))
        for n, start in enumerate(starts)
    )
    CalendarEvent.objects.bulk_create(
        CalendarEvent(
            booking_id=uuid4(),
            lane=RIDGE,
            connection=connection,
            calendar=calendar.calendar,
            vendor_id=f"event{n}",
            start=noon(1),
            end=noon(1) + HOUR,
            timezone="UTC",
            claimed_until=clock.now(),
        )
        for n in range(VISITS)
    )
    with database.cursor() as cursor:
        cursor.execute("ANALYZE calendars_busytime, calendars_calendarevent")

    with CaptureQueriesContext(database) as asked:
        (found,) = calendars_of_lanes(RIDGE, [None], noon(20), noon(20) + DAY)
    took = sorted(timed() for _ in range(RUNS))

    assert len(found.busy) == 48
    with database.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked[-1]['sql'].replace('%', '%%')}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "calendar_event_vendor_id" in plan, plan
    assert "Seq Scan on calendars_busytime" not in plan, plan
    figures.append(
        f"busy times of a day, of {EVENTS * (CALENDARS + 1)} and {VISITS} visits: p50 {took[RUNS // 2]:.1f} ms, p95 {took[-2]:.1f} ms"
    )


def timed():
    began = perf_counter()
    calendars_of_lanes(RIDGE, [None], noon(20), noon(20) + DAY)
    return (perf_counter() - began) * 1000
