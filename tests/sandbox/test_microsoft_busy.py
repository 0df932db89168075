"""When somebody is busy, by getSchedule and by calendarView: the matrix, whole days, series and changes of the clocks."""

from __future__ import annotations

from datetime import date

import pytest

from .microsoft_app import PAT, App, asked, starts

ZONE = "Europe/Zurich"
DAY = ("2026-12-01T08:00:00", "2026-12-01T12:00:00")
# Mondays, nine o'clock in Zurich; the clocks there go back on 2026-10-25 and forward on 2027-03-28.
WEEKLY = {
    "start": "2026-10-12T07:00:00Z",
    "end": "2026-10-12T08:00:00Z",
    "time_zone": ZONE,
    "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO"],
}


@pytest.fixture
def graph(sandbox):
    sandbox.microsoft.add_account(PAT, ZONE)
    app = App(sandbox)
    yield app.graph()
    app.close()


def book(sandbox, **fields):
    return sandbox.microsoft.book(PAT, "2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z", **fields)


def schedule(graph, *window, **options):
    """Status words and digits of the answer about Pat."""
    status, answer = graph.schedule(*window, **options)
    assert status == 200, answer
    (one,) = answer["value"]
    return [item["status"] for item in one["scheduleItems"]], one["availabilityView"]


@pytest.mark.parametrize(
    ("event", "words", "digits", "shown"),
    [
        ({}, ["busy"], "0200", ("busy", "organizer")),
        ({"show_as": "free"}, ["free"], "0000", ("free", "organizer")),
        ({"show_as": "tentative"}, ["tentative"], "0100", ("tentative", "organizer")),
        ({"show_as": "oof"}, ["oof"], "0300", ("oof", "organizer")),
        ({"show_as": "workingElsewhere"}, ["workingElsewhere"], "0000", ("workingElsewhere", "organizer")),
        ({"response": "accepted"}, ["busy"], "0200", ("busy", "accepted")),
        ({"response": "tentative"}, ["tentative"], "0100", ("tentative", "tentativelyAccepted")),
        ({"response": "none"}, ["tentative"], "0100", ("tentative", "notResponded")),
        ({"response": "declined"}, [], "0000", ("busy", "declined")),
        ({"response": "accepted", "show_as": "free"}, ["free"], "0000", ("free", "accepted")),
        ({"response": "none", "show_as": "oof"}, ["oof"], "0300", ("oof", "notResponded")),
    ],
    ids=lambda value: "-".join(value.values()) or "own" if isinstance(value, dict) else "",
)
def test_the_matrix_of_timed_events(sandbox, graph, event, words, digits, shown):
    book(sandbox, **event)

    assert schedule(graph, *DAY) == (words, digits)
    (seen,) = graph.view("2026-12-01T08:00:00Z", "2026-12-01T12:00:00Z")
    assert (seen["showAs"], seen["responseStatus"]["response"]) == shown


def test_a_cancelled_meeting_is_shown_as_such_and_takes_no_time(sandbox, graph):
    book(sandbox, response="accepted", status="cancelled")

    assert schedule(graph, *DAY) == ([], "0000")
    assert [one["isCancelled"] for one in graph.view("2026-12-01T08:00:00Z", "2026-12-01T12:00:00Z")] == [True]


@pytest.mark.parametrize(("show_as", "digit"), [("busy", "2"), ("free", "0"), ("oof", "3"), ("tentative", "1")])
def test_a_whole_day_is_the_mailboxs_own_day(sandbox, graph, show_as, digit):
    """In Zurich it begins at 23:00 UTC; in a view of the calendar it is midnight in whatever zone is preferred."""
    sandbox.microsoft.book(PAT, date(2026, 12, 1), date(2026, 12, 2), show_as=show_as)

    _, digits = schedule(graph, "2026-11-30T21:00:00", "2026-12-02T01:00:00")
    _, answer = graph.schedule("2026-11-30T21:00:00", "2026-12-02T01:00:00")
    (seen,) = graph.view("2026-11-30T23:30:00Z", "2026-11-30T23:45:00Z")

    assert digits == "00" + digit * 24 + "00"
    assert answer["value"][0]["scheduleItems"][0]["start"]["dateTime"] == "2026-11-30T23:00:00.0000000"
    assert (seen["isAllDay"], seen["originalStartTimeZone"]) == (True, ZONE)
    assert seen["start"] == {"dateTime": "2026-12-01T00:00:00.0000000", "timeZone": "UTC"}
    assert seen["end"]["dateTime"] == "2026-12-02T00:00:00.0000000"
    assert graph.view("2026-12-01T23:00:00Z", "2026-12-01T23:59:00Z") == []


def test_of_several_events_the_strongest_counts(sandbox, graph):
    book(sandbox)
    book(sandbox, show_as="oof")
    book(sandbox, show_as="tentative")

    words, digits = schedule(graph, *DAY)

    assert sorted(words) == ["busy", "oof", "tentative"]
    assert digits == "0300"


def test_an_interval_that_an_event_touches_is_taken(sandbox, graph):
    sandbox.microsoft.book(PAT, "2026-12-01T09:10:00Z", "2026-12-01T09:20:00Z")

    assert schedule(graph, *DAY, interval=15)[1] == "0000" + "2200" + "00000000"
    assert schedule(graph, *DAY, interval=1440)[1] == "2"


def test_a_series_keeps_its_hour_when_the_clocks_change(sandbox, graph):
    sandbox.microsoft.book(PAT, **WEEKLY)

    autumn = graph.view("2026-10-12T00:00:00Z", "2026-11-03T00:00:00Z")
    spring = graph.view("2027-03-22T00:00:00Z", "2027-03-30T00:00:00Z")

    assert starts(autumn) == ["10-12 07:00", "10-19 07:00", "10-26 08:00", "11-02 08:00"]
    assert starts(spring) == ["03-22 08:00", "03-29 07:00"]
    assert {one["type"] for one in autumn} == {"occurrence"}
    assert len({one["id"] for one in autumn}) == 4


def test_an_occurrence_blocks_a_moved_one_where_it_is_now_and_a_cancelled_one_does_not(sandbox, graph):
    series = sandbox.microsoft.book(PAT, **WEEKLY)
    change = {"start": "2026-10-20T12:00:00Z", "end": "2026-10-20T13:00:00Z"}
    sandbox.microsoft.change(series["id"], PAT, occurrence="2026-10-19T07:00:00Z", **change)
    sandbox.microsoft.remove(series["id"], PAT, occurrence="2026-10-26T08:00:00Z")

    found = graph.view("2026-10-12T00:00:00Z", "2026-11-03T00:00:00Z")

    assert starts(found) == ["10-12 07:00", "10-20 12:00", "11-02 08:00"]
    assert [one["type"] for one in found] == ["occurrence", "exception", "occurrence"]
    assert {one["seriesMasterId"] for one in found} == {series["id"]}
    assert found[1]["originalStart"] == "2026-10-19T07:00:00Z"
    assert schedule(graph, "2026-10-19T06:00:00", "2026-10-19T09:00:00") == ([], "000")
    assert schedule(graph, "2026-10-20T12:00:00", "2026-10-20T14:00:00") == (["busy"], "20")
    assert schedule(graph, "2026-10-26T07:00:00", "2026-10-26T10:00:00") == ([], "000")
    assert schedule(graph, "2026-11-02T07:00:00", "2026-11-02T10:00:00") == (["busy"], "020")


def test_a_series_is_listed_once_with_its_rule(sandbox, graph):
    series = sandbox.microsoft.book(PAT, **WEEKLY)

    (listed,) = graph("GET", "/me/events")[1]["value"]

    assert (listed["id"], listed["type"], listed["seriesMasterId"]) == (series["id"], "seriesMaster", None)
    assert listed["recurrence"]["pattern"]["type"] == "weekly"
    assert listed["recurrence"]["pattern"]["daysOfWeek"] == ["monday"]
    assert listed["recurrence"]["range"]["type"] == "noEnd"
    assert listed["recurrence"]["range"]["startDate"] == "2026-10-12"


def test_one_occurrence_is_read_moved_and_deleted_alone(sandbox, graph):
    sandbox.microsoft.book(PAT, **WEEKLY)
    window = ("2026-10-12T00:00:00Z", "2026-10-27T00:00:00Z")
    first, second, third = graph.view(*window)
    times = {
        name: {"dateTime": f"2026-10-19T{hour}:00:00", "timeZone": "UTC"} for name, hour in (("start", 15), ("end", 16))
    }

    graph("PATCH", f"/me/events/{second['id']}", times)
    graph("DELETE", f"/me/events/{third['id']}")

    left = graph.view(*window)
    assert starts(left) == ["10-12 07:00", "10-19 15:00"]
    assert [one["id"] for one in left] == [first["id"], second["id"]]
    assert graph("GET", f"/me/events/{second['id']}")[1]["type"] == "exception"
    assert graph("GET", f"/me/events/{third['id']}")[0] == 404
    assert graph("GET", f"/me/events/{first['seriesMasterId']}.20261013T070000Z")[0] == 404


def test_only_the_default_calendar_counts_for_a_schedule(sandbox, graph):
    sandbox.microsoft.add_calendar(PAT, "rooms", "Rooms")
    book(sandbox, calendar="rooms")
    rooms = sandbox.microsoft.calendar_id(PAT, "rooms")

    assert schedule(graph, *DAY) == ([], "0000")
    assert (
        len(graph.view("2026-12-01T08:00:00Z", "2026-12-01T12:00:00Z", path=f"/me/calendars/{rooms}/calendarView")) == 1
    )


def test_others_times_are_told_without_their_subjects_and_an_unknown_mailbox_is_an_error_of_its_own(sandbox, graph):
    sandbox.microsoft.book("sam@clinic.example", "2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z", title="Surgery")
    book(sandbox, title="Lunch")

    _, answer = graph.schedule(*DAY, PAT, "Sam@clinic.example", "nobody@clinic.example")

    pat, sam, nobody = answer["value"]
    assert pat["scheduleItems"][0]["subject"] == "Lunch"
    assert "subject" not in sam["scheduleItems"][0]
    assert sam["availabilityView"] == "0200"
    assert (nobody["scheduleId"], nobody["availabilityView"], nobody["scheduleItems"]) == (
        "nobody@clinic.example",
        "",
        [],
    )
    assert nobody["error"]["responseCode"] == "ErrorMailRecipientNotFound"


def test_a_schedule_is_asked_for_in_any_zone_and_reckoned_in_time_that_passes(sandbox, graph):
    """The day on which the clocks go back has twenty-five hours."""
    sandbox.microsoft.book(PAT, "2026-10-25T22:00:00Z", "2026-10-25T23:00:00Z")

    _, digits = schedule(graph, "2026-10-25T00:00:00", "2026-10-26T00:00:00", zone="W. Europe Standard Time")

    assert digits == "0" * 24 + "2"


def test_personal_accounts_cannot_ask_for_schedules_but_see_their_calendar(sandbox, graph):
    sandbox.microsoft.personal(PAT)
    book(sandbox)

    status, answer = graph.schedule(*DAY)

    assert (status, answer["error"]["code"]) == (403, "ErrorAccessDenied")
    assert len(graph.view("2026-12-01T08:00:00Z", "2026-12-01T12:00:00Z")) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"schedules": [f"p{number}@clinic.example" for number in range(21)]}, "ErrorInvalidParameter"),
        ({"schedules": []}, "ErrorInvalidParameter"),
        ({"endTime": {"dateTime": "2027-02-01T08:00:00", "timeZone": "UTC"}}, "ErrorTimeIntervalTooBig"),
        ({"endTime": {"dateTime": "2026-12-01T08:00:00", "timeZone": "UTC"}}, "ErrorInvalidTimeInterval"),
        ({"availabilityViewInterval": 4}, "ErrorInvalidMergedFreeBusyInterval"),
        ({"availabilityViewInterval": 1441}, "ErrorInvalidMergedFreeBusyInterval"),
        ({"availabilityViewInterval": "30"}, "RequestBodyRead"),
        ({"colour": "red"}, "RequestBodyRead"),
        ({"startTime": {"dateTime": "2026-12-01T08:00:00", "timeZone": "Mars"}}, "TimeZoneNotSupportedException"),
        ({"startTime": "2026-12-01T08:00:00Z"}, "RequestBodyRead"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_limits_of_a_question(sandbox, graph, change, code):
    status, answer = graph("POST", "/me/calendar/getSchedule", {**asked(*DAY), **change})

    assert (status, answer["error"]["code"]) == (400, code)


def test_the_longest_question_is_one_minute_under_sixty_two_days(sandbox, graph):
    assert graph.schedule("2026-12-01T00:00:00", "2027-01-31T23:59:00", interval=1440)[0] == 200
    assert graph.schedule("2026-12-01T00:00:00", "2027-02-01T00:00:00", interval=1440)[0] == 400
