"""When somebody is busy: the matrix, series, several calendars, and nothing beyond what was asked."""

from datetime import timedelta

import pytest

from calendars.vendors.base import BusyInterval, CalendarMissing, Unavailable
from findr.sandbox.calendars.times import text_of

from .people import HOUR, NOON, PAT, SECONDS

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MIDNIGHT = NOON.replace(hour=0)


def busy(account, access, start=NOON, end=NOON + HOUR, calendars=None):
    names = calendars or [account.primary(access)]
    found = account.adapter.busy(access, names, start, end, seconds=SECONDS)
    return [(interval.start, interval.end) for interval in found]


# --- The matrix (lesson 25) -----------------------------------------------------------------------------------------
@pytest.mark.lesson(25)
@pytest.mark.parametrize("all_day", [False, True], ids=["timed", "all day"])
@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"show_as": "busy", "response": "accepted"}, True),
        ({"show_as": "busy", "response": "tentative"}, True),
        ({"show_as": "busy", "response": "none"}, True),
        ({"show_as": "busy", "response": "declined"}, False),
        ({"show_as": "tentative"}, True),
        ({"show_as": "tentative", "response": "declined"}, False),
        ({"show_as": "oof"}, True),
        ({"show_as": "oof", "response": "declined"}, False),
        ({"show_as": "free"}, False),
        ({"show_as": "free", "response": "accepted"}, False),
        ({"show_as": "workingElsewhere"}, False),
        ({"status": "tentative"}, True),
        ({"status": "cancelled"}, False),
    ],
    ids=lambda value: " ".join(value.values()) or "an own event" if isinstance(value, dict) else None,
)
def test_what_counts_as_busy(account, access, fields, counts, all_day):
    if all_day:
        account.control.book(PAT, NOON.date(), NOON.date() + DAY, **fields)
    else:
        account.control.book(PAT, NOON, NOON + HOUR, **fields)

    assert busy(account, access) == ([(NOON, NOON + HOUR)] if counts else [])


@pytest.mark.lesson(25)
@pytest.mark.parametrize(("zone", "first_hour"), [("Pacific/Auckland", -13), ("America/Los_Angeles", 8), ("UTC", 0)])
def test_a_whole_day_is_the_day_of_the_calendars_own_zone(account, access, zone, first_hour):
    day = NOON.replace(month=1, day=14, year=NOON.year + 1)  # No zone changes its clocks around then.
    account.control.add_account(PAT, time_zone=zone)
    account.control.book(PAT, day.date(), day.date() + DAY)
    begins = day.replace(hour=0) + first_hour * HOUR

    assert busy(account, access, begins - HOUR, begins) == []
    assert busy(account, access, begins, begins + HOUR) == [(begins, begins + HOUR)]
    assert busy(account, access, begins + DAY - HOUR, begins + DAY) == [(begins + DAY - HOUR, begins + DAY)]
    assert busy(account, access, begins + DAY, begins + DAY + HOUR) == []


# --- What was asked, and no more ------------------------------------------------------------------------------------
def test_nothing_booked_is_free(account, access):
    assert busy(account, access) == []


def test_what_only_touches_the_interval_is_not_in_it(account, access):
    account.control.book(PAT, NOON - HOUR, NOON)
    account.control.book(PAT, NOON + HOUR, NOON + 2 * HOUR)

    assert busy(account, access) == []


def test_one_minute_within_the_interval_is_busy(account, access):
    account.control.book(PAT, NOON - HOUR, NOON + MINUTE)
    account.control.book(PAT, NOON + HOUR - MINUTE, NOON + 2 * HOUR)

    assert busy(account, access) == [(NOON, NOON + MINUTE), (NOON + HOUR - MINUTE, NOON + HOUR)]


def test_what_goes_beyond_the_interval_is_cut(account, access):
    account.control.book(PAT, NOON - 30 * DAY, NOON + 30 * DAY)

    assert busy(account, access) == [(NOON, NOON + HOUR)]


def test_an_interval_of_minutes_that_are_odd_is_asked_for_as_it_is(account, access):
    account.control.book(PAT, NOON + 7 * MINUTE, NOON + 8 * MINUTE)

    assert busy(account, access, NOON, NOON + 7 * MINUTE) == []
    assert busy(account, access, NOON + 8 * MINUTE, NOON + 11 * MINUTE) == []
    assert busy(account, access, NOON + 2 * MINUTE, NOON + 8 * MINUTE) == [(NOON + 7 * MINUTE, NOON + 8 * MINUTE)]


# --- Several calendars ----------------------------------------------------------------------------------------------
def test_calendars_are_read_together_and_others_are_not(account, access):
    second, third = account.calendar(access, "second"), account.calendar(access, "third")
    account.control.book(PAT, NOON, NOON + 10 * MINUTE, calendar="primary")
    account.control.book(PAT, NOON + 20 * MINUTE, NOON + 30 * MINUTE, calendar="second")
    account.control.book(PAT, NOON + 40 * MINUTE, NOON + 50 * MINUTE, calendar="third")
    primary = account.primary(access)

    assert busy(account, access, calendars=[primary, second]) == [
        (NOON, NOON + 10 * MINUTE),
        (NOON + 20 * MINUTE, NOON + 30 * MINUTE),
    ]
    assert busy(account, access, calendars=[third]) == [(NOON + 40 * MINUTE, NOON + 50 * MINUTE)]


@pytest.mark.parametrize(("name", "asked"), [("google", 10), ("microsoft", 1)])
def test_google_is_asked_about_ten_calendars_at_once_and_microsoft_about_the_primary_one(vendors, name, asked):
    account = vendors[name]
    access = account.access(PAT)
    calendars = [account.primary(access), *(account.calendar(access, f"c{number}") for number in range(1, asked))]
    before = len(account.control.calls())

    assert busy(account, access, calendars=calendars) == []
    assert [call["operation"] for call in account.control.calls()[before:]] == [account.words["busy"]]


@pytest.mark.lesson(23)
def test_a_calendar_that_is_gone_is_neither_free_nor_busy(account, access):
    primary, second = account.primary(access), account.calendar(access, "second")
    account.control.remove_calendar(PAT, "second")

    for calendars in ([second], [primary, second]):
        with pytest.raises(CalendarMissing):
            busy(account, access, calendars=calendars)


@pytest.mark.lesson(23)
@pytest.mark.parametrize("name", ["someone-else@example.test", "no such calendar", "AAMkA+=?#%"])
def test_a_calendar_that_never_was_is_neither_free_nor_busy(account, access, name):
    with pytest.raises(CalendarMissing):
        busy(account, access, calendars=[name])


# --- Series (lesson 47) ---------------------------------------------------------------------------------------------
@pytest.fixture
def weekly(account, access):
    return account.control.book(PAT, NOON, NOON + HOUR, time_zone="UTC", recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"])["id"]


@pytest.mark.lesson(47)
def test_each_occurrence_of_a_series_blocks(account, access, weekly):
    for week in range(4):
        start = NOON + 7 * week * DAY
        assert busy(account, access, start, start + HOUR) == [(start, start + HOUR)]
    assert busy(account, access, NOON + 28 * DAY, NOON + 28 * DAY + HOUR) == []


@pytest.mark.lesson(47)
def test_a_moved_occurrence_blocks_where_it_is_now(account, access, weekly):
    start = NOON + 7 * DAY
    account.control.change(weekly, PAT, occurrence=text_of(start), start=start + 3 * HOUR, end=start + 4 * HOUR)

    assert busy(account, access, start, start + HOUR) == []
    assert busy(account, access, start + 3 * HOUR, start + 4 * HOUR) == [(start + 3 * HOUR, start + 4 * HOUR)]


@pytest.mark.lesson(47)
def test_a_cancelled_occurrence_does_not_block(account, access, weekly):
    start = NOON + 14 * DAY
    account.control.remove(weekly, PAT, occurrence=text_of(start))

    assert busy(account, access, start, start + HOUR) == []
    assert busy(account, access, NOON, NOON + HOUR) == [(NOON, NOON + HOUR)]


@pytest.mark.lesson(47)
def test_a_series_that_was_deleted_does_not_block(account, access, weekly):
    account.control.remove(weekly, PAT)

    assert busy(account, access, NOON + 7 * DAY, NOON + 7 * DAY + HOUR) == []


@pytest.mark.lesson(47)
def test_a_series_follows_the_clock_on_its_own_wall(account, access):
    """Eight in New York is one in the afternoon in UTC before its clocks change in March, and noon after."""
    start = NOON.replace(year=NOON.year + 1, month=3, day=1, hour=13)
    account.control.book(
        PAT, start, start + HOUR, time_zone="America/New_York", recurrence=["RRULE:FREQ=DAILY;COUNT=40"]
    )
    later = start.replace(day=25)

    assert busy(account, access, start, start + HOUR) == [(start, start + HOUR)]
    assert busy(account, access, later, later + HOUR) == []
    assert busy(account, access, later - HOUR, later) == [(later - HOUR, later)]


# --- Lists that go on -----------------------------------------------------------------------------------------------
def test_every_page_of_a_personal_accounts_events_counts(vendors):
    personal = vendors["personal"]
    access = personal.access(PAT)
    for minute in range(101):
        personal.control.book(PAT, NOON, NOON + MINUTE, show_as="busy" if minute == 100 else "free")
    before = len(personal.control.calls())

    assert busy(personal, access, calendars=["primary"]) == [(NOON, NOON + MINUTE)]
    assert len(personal.control.calls()) == before + 2


def test_a_page_elsewhere_is_not_asked_for(vendors):
    personal = vendors["personal"]
    access = personal.access(PAT)
    body = '{"value": [], "@odata.nextLink": "http://127.0.0.1:9/v1.0/me/calendarView?$skip=1"}'
    personal.control.misbehave({"operation": "calendarView", "action": "status", "status": 200, "body": body})

    with pytest.raises(Unavailable, match="elsewhere"):
        busy(personal, access, calendars=["primary"])


def test_a_list_without_an_end_ends_with_the_time(vendors):
    personal = vendors["personal"]
    access = personal.access(PAT)
    again = f'{{"value": [], "@odata.nextLink": "{personal.control.base_url}/v1.0/me/calendarView?$skip=1"}}'
    personal.control.misbehave(
        {"operation": "calendarView", "action": "status", "status": 200, "body": again, "times": None}
    )

    with pytest.raises(Unavailable):
        personal.adapter.busy(access, ["primary"], NOON, NOON + HOUR, seconds=1)


def test_a_question_longer_than_a_schedule_may_be_is_answered_event_by_event(vendors):
    work = vendors["microsoft"]
    access = work.access(PAT)
    work.control.book(PAT, NOON + 80 * DAY, NOON + 80 * DAY + HOUR)

    found = work.adapter.busy(access, ["primary"], NOON, NOON + 90 * DAY, seconds=SECONDS)

    assert found == [BusyInterval(NOON + 80 * DAY, NOON + 80 * DAY + HOUR)]
