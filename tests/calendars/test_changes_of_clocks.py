"""Calendars around the days on which clocks change, and in zones off the hour: the same wall time, the right instant (lesson 7)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from availability.situations import change_days
from calendar_accounts import CAL, Desk
from cast import RIDGE, booking_of, call, fresh, run_jobs, wish_at
from mirrors import mirrored, poll

from bookings import reconciliation as books
from findr import clock
from providers.models import Provider

WEEK, HOUR = timedelta(days=7), timedelta(hours=1)


# Where a practice is: clocks change by an hour there, by half of one, or not at all, at a quarter to the hour.
PLACES = {"America/Denver": "google", "Australia/Lord_Howe": "microsoft", "Asia/Kathmandu": "microsoft"}


@pytest.fixture(params=PLACES)
def zone(request, stage):
    Provider.objects.filter(id=RIDGE).update(timezone=request.param, maximum_advance_days=365)
    return ZoneInfo(request.param)


@pytest.fixture
def desk(zone, provider, sandbox):
    return Desk(provider, sandbox, PLACES[zone.key])


def days_of(zone):
    """Those on which the clocks change; else some day."""
    today = clock.now().astimezone(zone).date()
    return change_days(zone, today + 2 * WEEK, today + 50 * WEEK) or [today + 2 * WEEK]


def at(day, hour, zone):
    return datetime.combine(day, time(hour), tzinfo=zone)


def slots_of(day):
    answer = call("GET", f"/api/availability/{RIDGE}?date={day}&duration=60")
    return [slot["startTime"] for slot in answer.body["availability"][0]["slots"]]


def asks(patient, day, hour):
    """An hour that starts then by the practice's clocks."""
    return booking_of(patient.asks(**{**wish_at(hour=hour), "appointmentDate": day.isoformat()}))


@pytest.mark.lesson(7)
def test_a_weekly_event_is_at_its_wall_time_before_and_after_and_a_visit_at_its_instant(desk, zone, patient, time):
    days = days_of(zone)
    first = at(days[0] - WEEK, 10, zone)
    desk.accounts.book(CAL, first, first + HOUR, time_zone=zone.key, recurrence=["RRULE:FREQ=WEEKLY"])
    connection = mirrored(desk)

    for day in (one + weeks * WEEK for one in days for weeks in (-1, 0, 1)):
        offered = slots_of(day)
        assert {"09:00", "11:00"} <= set(offered), day
        assert {"09:30", "10:00", "10:30"}.isdisjoint(offered), day

    visit, request = asks(patient, days[0], 11), asks(patient, days[0], 10)
    run_jobs()
    (written,) = [one for one in desk.accounts.events(CAL) if visit.number in one["description"]]
    assert (visit.booking_type, request.booking_type) == ("instant", "auto-request")
    assert visit.start == datetime.fromisoformat(written["start"]) == at(days[0], 11, zone).astimezone(UTC)

    # The practice moves: what is in the book stays at its instant, and so does the event.
    Provider.objects.filter(id=RIDGE).update(timezone="Europe/London")
    poll(time)
    run_jobs()
    (event,) = [one for one in desk.accounts.events(CAL) if visit.number in one["description"]]
    assert (fresh(visit.id).start, event["start"], event["end"]) == (visit.start, written["start"], written["end"])
    assert connection.mirror.calendars.get().busy_times.filter(start=visit.start, end=visit.end).exists()
    assert books.check_books() == []
