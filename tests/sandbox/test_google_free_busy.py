"""When somebody is busy at Google: the matrix, series, and what is said of calendars that nobody knows."""

from __future__ import annotations

from datetime import date

import pytest
from googleapiclient.errors import HttpError  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from .google_people import PAT, SAM, SCOPE

DAY = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-02T00:00:00Z"}
TEN = ("2027-03-01T10:00:00Z", "2027-03-01T11:00:00Z")
WEEKLY = {"recurrence": ["RRULE:FREQ=WEEKLY"], "time_zone": "Europe/Zurich"}


@pytest.fixture
def ask(people):
    """Asks for a calendar's busy times as Pat; the day is changed perhaps."""
    service = people(scopes=[f"{SCOPE}calendar.freebusy"])

    def asking(*calendars, **changes):
        body = {**DAY, "items": [{"id": name} for name in calendars or ["primary"]], **changes}
        return service.freebusy().query(body=body).execute()["calendars"]

    return asking


def busy(answer, calendar="primary"):
    return [(one["start"], one["end"]) for one in answer[calendar]["busy"]]


def days(first, last):
    return {"timeMin": f"{first}T00:00:00Z", "timeMax": f"{last}T00:00:00Z"}


def reason_of(call):
    with pytest.raises(HttpError) as caught:
        call()
    return caught.value.status_code, caught.value.error_details[0]["reason"]


@pytest.mark.parametrize("whole_day", [False, True])
@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"show_as": "free"}, False),
        ({"show_as": "tentative"}, True),
        ({"show_as": "oof"}, True),
        ({"show_as": "workingElsewhere"}, False),
        ({"response": "accepted"}, True),
        ({"response": "tentative"}, True),
        ({"response": "none"}, True),
        ({"response": "declined"}, False),
        ({"show_as": "free", "response": "accepted"}, False),
        ({"status": "tentative"}, True),
        ({"status": "cancelled"}, False),
    ],
    ids=str,
)
def test_the_busy_matrix(google, ask, fields, counts, whole_day):
    """What lesson 25 is proved against."""
    google.book(PAT, *((date(2027, 3, 1), date(2027, 3, 2)) if whole_day else TEN), **fields)

    assert busy(ask()) == ([(DAY["timeMin"], DAY["timeMax"]) if whole_day else TEN] if counts else [])


def test_whole_days_are_those_of_the_calendars_zone(google, ask):
    google.add_account(PAT, "America/New_York")
    google.book(PAT, "2027-03-01", "2027-03-02")

    answer = ask(**days("2027-02-28", "2027-03-03"))

    assert busy(answer) == [("2027-03-01T05:00:00Z", "2027-03-02T05:00:00Z")]


def test_busy_times_are_cut_to_the_question_and_those_that_touch_are_one(google, ask):
    google.book(PAT, "2027-02-28T23:00:00Z", "2027-03-01T02:00:00Z")
    google.book(PAT, *TEN)
    google.book(PAT, "2027-03-01T11:00:00Z", "2027-03-01T11:30:00Z")
    google.book(PAT, "2027-03-01T10:15:00Z", "2027-03-01T10:45:00Z")
    google.book(PAT, "2027-03-02T00:00:00Z", "2027-03-02T01:00:00Z")

    assert busy(ask()) == [(DAY["timeMin"], "2027-03-01T02:00:00Z"), ("2027-03-01T10:00:00Z", "2027-03-01T11:30:00Z")]


def test_answers_are_in_the_zone_that_is_asked_for(google, ask):
    google.book(PAT, *TEN)

    assert busy(ask(timeZone="Europe/Zurich")) == [("2027-03-01T11:00:00+01:00", "2027-03-01T12:00:00+01:00")]


def test_a_series_blocks_at_its_hour_on_the_wall_and_where_it_was_moved_to(google, ask):
    """What lesson 47 is proved against."""
    made = google.book(PAT, "2027-03-15T08:00:00Z", "2027-03-15T09:00:00Z", **WEEKLY)
    google.change(made["id"], PAT, occurrence="2027-03-22T08:00:00Z", status="cancelled")
    elsewhere = {"start": "2027-04-07T10:00:00Z", "end": "2027-04-07T10:30:00Z"}
    # The clocks went forward on the 28th.
    google.change(made["id"], PAT, occurrence="2027-04-05T07:00:00Z", **elsewhere)

    assert busy(ask(**days("2027-03-14", "2027-04-10"))) == [
        ("2027-03-15T08:00:00Z", "2027-03-15T09:00:00Z"),
        ("2027-03-29T07:00:00Z", "2027-03-29T08:00:00Z"),
        ("2027-04-07T10:00:00Z", "2027-04-07T10:30:00Z"),
    ]


def test_several_calendars_are_one_question_and_an_unknown_one_has_an_error_of_its_own(google, ask):
    google.add_calendar(PAT, "team", "Team")
    google.book(PAT, *TEN, calendar="team")
    google.book(SAM, *TEN)

    answer = ask("primary", "team", "gone", SAM)

    assert busy(answer) == []
    assert busy(answer, "team") == [TEN]
    unknown = {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
    assert answer["gone"] == answer[SAM] == unknown
    google.remove_calendar(PAT, "team")
    assert ask("team")["team"] == unknown


def test_more_calendars_than_are_allowed_have_errors(google, ask):
    answer = ask(*(f"c{number}" for number in range(51)))

    assert answer["c49"]["errors"][0]["reason"] == "notFound"
    assert answer["c50"]["errors"][0]["reason"] == "tooManyCalendarsRequested"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"timeMax": DAY["timeMin"]}, "timeRangeEmpty"),
        ({"timeMax": "2027-06-01T00:00:00Z"}, "timeRangeTooLong"),
        ({"timeMin": "2027-03-01"}, "badRequest"),
        ({"timeMin": "2027-03-01T00:00:00"}, "badRequest"),
        ({"timeZone": "Europe/Nowhere"}, "invalid"),
        ({"calendarExpansionMax": 51}, "invalid"),
        ({"colour": "red"}, "badRequest"),
        ({"items": [{"id": "primary", "colour": "red"}]}, "badRequest"),
        ({"items": "primary"}, "invalid"),
    ],
    ids=str,
)
def test_a_question_that_makes_no_sense_is_refused(google, ask, changes, reason):
    assert reason_of(lambda: ask(**changes)) == (400, reason)
