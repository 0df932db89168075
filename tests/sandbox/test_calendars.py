"""The calendars under every vendor's shapes: events, their series, and what overlaps a window."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from findr.sandbox.calendars.book import Calendars
from findr.sandbox.calendars.events import BadEvent
from findr.sandbox.clock import Clock
from findr.sandbox.ledger import Ledger

PAT = "pat@example.test"
# Mondays, nine o'clock in Zurich; the clocks there go back on 2026-10-25 and forward on 2027-03-28.
WEEKLY = {
    "start": "2026-10-12T07:00:00Z",
    "end": "2026-10-12T08:00:00Z",
    "time_zone": "Europe/Zurich",
    "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO"],
}
BEFORE, AFTER = "2026-10-19T07:00:00Z", "2026-10-26T08:00:00Z"


@pytest.fixture
def calendars():
    return Calendars(Ledger().of("toy", {}), Clock())


@pytest.fixture
def calendar(calendars):
    calendars.account(PAT, "Europe/Zurich")
    return calendars.calendar(PAT)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def starts(calendars, calendar, start="2026-10-12", end="2026-11-02", status="confirmed"):
    found = calendars.occurrences(calendar, at(start), at(end))
    return [one["start"] for one in found if one["status"] == status]


def test_an_account_has_a_primary_calendar_from_its_first_use_on(calendars):
    calendars.add_calendar(PAT, "holidays", "Holidays", can_write=False)

    primary, other = calendars.calendars(PAT)

    assert (primary["calendar"], primary["primary"], primary["can_write"]) == (PAT, True, True)
    assert (other["calendar"], other["primary"], other["can_write"]) == ("holidays", False, False)
    assert calendars.calendar(PAT) == primary
    assert calendars.calendar("sam@example.test", "holidays") is None


def test_an_event_has_what_nobody_gave_and_its_times_in_utc(calendars, calendar):
    event = calendars.create(calendar, {"start": "2026-10-12T09:00:00+02:00", "end": "2026-10-12T10:00:00+02:00"})

    assert (event["start"], event["end"]) == ("2026-10-12T07:00:00Z", "2026-10-12T08:00:00Z")
    assert (event["show_as"], event["response"], event["status"]) == ("busy", "organizer", "confirmed")
    assert event["time_zone"] == "Europe/Zurich"


@pytest.mark.parametrize(
    "fields",
    [
        {"start": "2026-10-12T07:00:00", "end": "2026-10-12T08:00:00Z"},
        {"start": "2026-10-12T08:00:00Z", "end": "2026-10-12T07:00:00Z"},
        {"start": "2026-10-12", "end": "2026-10-12", "all_day": True},
        {"start": "2026-10-12T07:00:00Z", "end": "2026-10-12T08:00:00Z", "all_day": True},
        {**WEEKLY, "show_as": "away"},
        {**WEEKLY, "colour": "red"},
        {**WEEKLY, "time_zone": "Europe/Nowhere"},
        {**WEEKLY, "recurrence": ["RRULE:FREQ=SOMETIMES"]},
        {**WEEKLY, "recurrence": ["RDATE:20261012T070000Z"]},
        {"end": "2026-10-12T08:00:00Z"},
    ],
    ids=str,
)
def test_what_makes_no_event_is_refused(calendars, calendar, fields):
    with pytest.raises(BadEvent):
        calendars.create(calendar, fields)

    assert calendars.events(calendar) == []


def test_a_series_stays_at_its_hour_on_the_wall_when_the_clocks_change(calendars, calendar):
    """Lesson 47, and an hour that is skipped or comes twice."""
    calendars.create(calendar, WEEKLY)
    night = {"start": "2027-03-27T01:30:00Z", "end": "2027-03-27T02:00:00Z", "recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]}
    calendars.create(calendar, {**night, "time_zone": "Europe/Zurich"})

    assert starts(calendars, calendar) == ["2026-10-12T07:00:00Z", BEFORE, AFTER]
    assert starts(calendars, calendar, "2027-03-27", "2027-03-31") == [
        "2027-03-27T01:30:00Z",
        # 02:30 is skipped there: 03:30.
        "2027-03-28T01:30:00Z",
        "2027-03-29T00:30:00Z",
        "2027-03-29T07:00:00Z",
    ]


def test_whole_days_begin_at_midnight_of_the_calendars_zone(calendars, calendar):
    calendars.create(calendar, {"start": "2026-10-24", "end": "2026-10-26", "all_day": True})

    assert starts(calendars, calendar, "2026-10-23T21:59:00", "2026-10-23T22:00:00") == []
    assert starts(calendars, calendar, "2026-10-23T22:00:00", "2026-10-23T22:01:00") == ["2026-10-24"]
    # The clocks went back in between: 49 hours.
    assert starts(calendars, calendar, "2026-10-25T22:59:00", "2026-10-26T00:00:00") == ["2026-10-24"]
    assert starts(calendars, calendar, "2026-10-25T23:00:00", "2026-10-26T00:00:00") == []


def test_a_series_of_whole_days(calendars, calendar):
    days = {"start": "2026-10-24", "end": "2026-10-26", "all_day": True, "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"]}

    calendars.create(calendar, days)

    found = calendars.occurrences(calendar, at("2026-10-01"), at("2026-12-01"))
    assert [(one["start"], one["end"]) for one in found] == [("2026-10-24", "2026-10-26"), ("2026-10-31", "2026-11-02")]


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=2", BEFORE),
        ("RRULE:FREQ=WEEKLY;UNTIL=20261019T070000Z", BEFORE),
        ("RRULE:FREQ=WEEKLY;UNTIL=20261026T075959Z", BEFORE),
        ("RRULE:FREQ=WEEKLY;UNTIL=20261026T080000Z", AFTER),
        ("RRULE:FREQ=WEEKLY;UNTIL=20261026", AFTER),
        ("RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=MO;COUNT=3", AFTER),
    ],
)
def test_where_a_series_ends(calendars, calendar, rule, last):
    calendars.create(calendar, {**WEEKLY, "recurrence": [rule]})

    assert starts(calendars, calendar, end="2027-10-12")[-1] == last


@pytest.mark.parametrize(
    "line", ["EXDATE:20261019T070000Z", "EXDATE;TZID=Europe/Zurich:20261019T090000", "EXDATE:20261019T090000"]
)
def test_an_excluded_date(calendars, calendar, line):
    calendars.create(calendar, {**WEEKLY, "recurrence": [*WEEKLY["recurrence"], line]})

    assert starts(calendars, calendar) == ["2026-10-12T07:00:00Z", AFTER]


def test_a_moved_occurrence_is_where_it_is_now_and_a_cancelled_one_says_so(calendars, calendar):
    """Lesson 47."""
    event = calendars.create(calendar, WEEKLY)
    moved = {"start": "2026-12-24T10:00:00Z", "end": "2026-12-24T11:00:00Z", "title": "Moved"}

    event = calendars.change_occurrence(calendar, event, BEFORE, moved)
    calendars.change_occurrence(calendar, event, AFTER, {"status": "cancelled"})

    assert starts(calendars, calendar) == ["2026-10-12T07:00:00Z"]
    assert starts(calendars, calendar, status="cancelled") == [AFTER]
    (there,) = calendars.occurrences(calendar, at("2026-12-24T10:30:00"), at("2026-12-24T10:31:00"))
    assert (there["series"], there["original_start"], there["title"]) == (event["id"], BEFORE, "Moved")


def test_an_occurrence_that_a_series_does_not_have_cannot_be_changed(calendars, calendar):
    event = calendars.create(calendar, WEEKLY)

    for original in ("2026-10-19T08:00:00Z", "2026-10-05T07:00:00Z"):
        with pytest.raises(BadEvent):
            calendars.change_occurrence(calendar, event, original, {"status": "cancelled"})


def test_a_series_that_moves_forgets_its_exceptions_and_a_renamed_one_does_not(calendars, calendar):
    event = calendars.create(calendar, WEEKLY)
    event = calendars.change_occurrence(calendar, event, BEFORE, {"status": "cancelled"})

    renamed = calendars.change(calendar, event, {"title": "Team"})
    moved = calendars.change(calendar, renamed, {"start": "2026-10-12T09:00:00Z", "end": "2026-10-12T10:00:00Z"})

    assert list(renamed["exceptions"]) == [BEFORE]
    assert moved["exceptions"] == {}
    assert starts(calendars, calendar)[1] == "2026-10-19T09:00:00Z"


def test_each_change_has_a_higher_version_and_whoever_watches_is_told(calendars, calendar):
    told = []
    calendars.changed = lambda _calendar, event: told.append((event["title"], event["version"]))

    first = calendars.create(calendar, {**WEEKLY, "title": "First"})
    calendars.create(calendar, {**WEEKLY, "title": "Second"})
    gone = calendars.remove(calendar, first)

    assert told == [("First", 1), ("Second", 2), ("First", 3)]
    assert (gone["status"], gone["deleted"]) == ("cancelled", True)
    assert [event["title"] for event in calendars.events(calendar)] == ["First", "Second"]


def test_a_calendar_that_is_removed_takes_its_events_along(calendars, calendar):
    other = calendars.add_calendar(PAT, "team", "Team")
    calendars.create(other, WEEKLY)
    calendars.create(calendar, WEEKLY)

    calendars.remove_calendar(other)
    again = calendars.add_calendar(PAT, "team", "Team")

    assert calendars.events(again) == []
    assert len(calendars.events(calendar)) == 1


def test_an_endless_series_of_long_ago_costs_what_the_window_holds(calendars, calendar):
    calendars.create(calendar, {**WEEKLY, "start": "2000-01-03T08:00:00Z", "end": "2000-01-03T09:00:00Z"})

    assert starts(calendars, calendar) == ["2026-10-12T07:00:00Z", BEFORE, AFTER]
