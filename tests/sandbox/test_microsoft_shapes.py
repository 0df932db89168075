"""How Graph writes what the ledger keeps: rules of series, wall times on days of changing clocks, ids."""

from __future__ import annotations

import pytest

from .microsoft_app import PAT, App

ZONE = "Europe/Zurich"
# A Tuesday, at eleven in Zurich.
TIMES = ("2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z")


@pytest.fixture
def graph(sandbox):
    sandbox.microsoft.add_account(PAT, ZONE)
    app = App(sandbox)
    yield app.graph()
    app.close()


@pytest.mark.parametrize(
    ("rule", "pattern", "span"),
    [
        (
            "FREQ=DAILY;INTERVAL=2;COUNT=5",
            {"type": "daily", "interval": 2},
            {"type": "numbered", "numberOfOccurrences": 5},
        ),
        (
            "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261220T000000Z",
            {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday", "thursday"]},
            {"type": "endDate", "endDate": "2026-12-20"},
        ),
        ("FREQ=WEEKLY", {"type": "weekly", "daysOfWeek": ["tuesday"]}, {"type": "noEnd", "startDate": "2026-12-01"}),
        ("FREQ=MONTHLY", {"type": "absoluteMonthly", "dayOfMonth": 1, "month": 0}, {"type": "noEnd"}),
        (
            "FREQ=MONTHLY;BYDAY=1TU",
            {"type": "relativeMonthly", "index": "first", "daysOfWeek": ["tuesday"], "dayOfMonth": 0},
            {"type": "noEnd"},
        ),
        ("FREQ=MONTHLY;BYDAY=-1TU", {"type": "relativeMonthly", "index": "last"}, {"type": "noEnd"}),
        ("FREQ=YEARLY", {"type": "absoluteYearly", "month": 12, "dayOfMonth": 1}, {"recurrenceTimeZone": ZONE}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_is_shown_as_pattern_and_range(sandbox, graph, rule, pattern, span):
    series = sandbox.microsoft.book(PAT, *TIMES, time_zone=ZONE, recurrence=[f"RRULE:{rule}"])

    recurrence = graph("GET", f"/me/events/{series['id']}")[1]["recurrence"]

    assert pattern.items() <= recurrence["pattern"].items()
    assert span.items() <= recurrence["range"].items()


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        # It is half past two twice, and the first is meant.
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00.0000000"),
        # It is never half past two: as long after two as is said, which is half past three.
        ("2027-03-28T02:30:00", "2027-03-28T01:30:00.0000000"),
        ("2027-03-28T02:30:00.5", "2027-03-28T01:30:00.0000000"),
        ("2026-12-01T02:30", "2026-12-01T01:30:00.0000000"),
    ],
)
def test_a_wall_time_on_a_day_of_changing_clocks(graph, wall, utc):
    event = graph.create(wall, "2027-12-01T00:00:00", zone=ZONE)

    assert event["start"] == {"dateTime": utc, "timeZone": "UTC"}


def test_an_event_of_outlook_has_a_zone_of_windows(sandbox, graph):
    berlin = sandbox.microsoft.book(PAT, *TIMES, time_zone="Europe/Berlin")
    zurich = sandbox.microsoft.book(PAT, *TIMES, time_zone=ZONE)

    names = [graph("GET", f"/me/events/{one['id']}")[1]["originalStartTimeZone"] for one in (berlin, zurich)]

    assert names == ["W. Europe Standard Time", ZONE]


def test_whole_days_of_a_series_keep_their_dates(sandbox, graph):
    """From the day before the clocks go back: a day of 24 hours, one of 25, and 24 again."""
    fields = {"time_zone": ZONE, "recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]}
    sandbox.microsoft.book(PAT, "2026-10-24", "2026-10-25", **fields)

    found = graph.view("2026-10-20T00:00:00Z", "2026-10-30T00:00:00Z")
    _, answer = graph.schedule("2026-10-23T22:00:00", "2026-10-26T23:00:00", interval=1440)

    assert [one["start"]["dateTime"][:10] for one in found] == ["2026-10-24", "2026-10-25", "2026-10-26"]
    assert [one["originalStart"] for one in found] == [
        "2026-10-23T22:00:00Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25T23:00:00Z",
    ]
    assert [one["start"]["dateTime"] for one in answer["value"][0]["scheduleItems"]][
        -1
    ] == "2026-10-25T23:00:00.0000000"


@pytest.mark.parametrize("identity", ["nonsense", "AAMkCAnonsense", "AAMkCA%20%20"])
def test_an_id_that_could_be_none_is_told_apart_from_one_that_is_gone(graph, identity):
    status, answer = graph("GET", f"/me/calendars/{identity}/events")

    assert (status, answer["error"]["code"]) == (400, "ErrorInvalidIdMalformed")
