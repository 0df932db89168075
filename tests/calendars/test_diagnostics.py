"""POST /api/test-calendar-availability: staff look whether a practice is free (contract 19.1)."""

import pytest
from calendar_accounts import CAL

PATH = "/api/test-calendar-availability"


def asked(provider, start, end):
    return {"providerId": str(provider.id), "startTime": start, "endTime": end}


def test_exactly_the_interval_is_asked_about(desk, provider, staff):
    desk.connect()
    desk.accounts.book(CAL, "2030-01-07T15:00:00Z", "2030-01-07T16:00:00Z")

    answers = {
        (start, end): staff.post(PATH, asked(provider, f"2030-01-07T{start}:00Z", f"2030-01-07T{end}:00Z")).body
        for start, end in (("14:00", "15:00"), ("15:59", "16:30"), ("16:00", "17:00"), ("14:00", "18:00"))
    }

    busy = {"available": False, "reason": "Busy"}
    assert answers == {
        ("14:00", "15:00"): {"available": True},
        ("15:59", "16:30"): busy,
        ("16:00", "17:00"): {"available": True},
        ("14:00", "18:00"): busy,
    }


def test_a_time_without_an_offset_is_the_practices_wall_time(desk, provider, staff):
    """Ridge is seven hours behind UTC in January."""
    desk.connect()
    desk.accounts.book(CAL, "2030-01-07T17:00:00Z", "2030-01-07T18:00:00Z")

    answers = [
        staff.post(PATH, asked(provider, f"2030-01-07T{hour}:00", f"2030-01-07T{hour}:30")).body for hour in (10, 17)
    ]

    assert answers == [{"available": False, "reason": "Busy"}, {"available": True}]


def test_seconds_are_read(desk, provider, staff):
    desk.connect()

    assert staff.post(PATH, asked(provider, "2030-01-07T10:00:01.5Z", "2030-01-07T10:00:02Z")).body == {
        "available": True
    }


@pytest.mark.parametrize("provider_id", ["5f0c2a10-0000-4000-8000-000000000999", "x", "0", "😀"])
def test_a_practice_that_nobody_knows_has_no_calendar(provider_id, staff):
    body = {"providerId": provider_id, "startTime": "2030-01-07T10:00", "endTime": "2030-01-07T11:00"}

    answer = staff.post(PATH, body)

    assert (answer.status, answer.body) == (200, {"available": False, "reason": "No calendar connected"})


@pytest.mark.parametrize(
    ("start", "end", "refusal"),
    [
        ("2030-01-07T11:00Z", "2030-01-07T10:00Z", (400, "validation", "endTime is invalid")),
        ("2030-01-07T10:00Z", "2030-01-07T10:00Z", (400, "validation", "endTime is invalid")),
        ("2030-01-07T10:00-07:00", "2030-01-07T12:00Z", (400, "validation", "endTime is invalid")),
        ("2030-01-07", "2030-01-07T10:00Z", (400, "validation", "startTime is invalid")),
        ("2030-02-30T10:00Z", "2030-03-07T10:00Z", (400, "validation", "startTime is invalid")),
        ("2030-01-07T10:00Z", "9999-12-31T23:59Z", (400, "validation", "endTime is invalid")),
        ("2030-03-10T02:30", "2030-03-10T04:00", (400, "time_does_not_exist", "This time does not exist on that day")),
    ],
)
def test_what_is_no_interval_is_refused(start, end, refusal, desk, provider, staff):
    desk.connect()
    calls = len(desk.accounts.calls())

    assert staff.post(PATH, asked(provider, start, end)).refusal == refusal
    assert len(desk.accounts.calls()) == calls


def test_a_dead_grant_is_a_check_that_failed(desk, provider, staff):
    desk.connect()
    desk.accounts.oauth.kill(CAL)

    answer = staff.post(PATH, asked(provider, "2030-01-07T10:00Z", "2030-01-07T11:00Z"))

    assert answer.body == {"available": False, "reason": "Calendar check failed"}
