"""A calendar as people read it: text, a line for each event."""

from __future__ import annotations

from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

PAT = "pat@example.test"
# In Zurich the clocks go back on Sunday, 2026-10-25.
MONDAYS = {"recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO"], "title": "Meeting"}


@pytest.fixture(params=["google", "microsoft"])
def vendor(request, sandbox):
    client = getattr(sandbox, request.param)
    client.add_account(PAT, "Europe/Zurich")
    return client


def read(sandbox, vendor, **asked):
    name = vendor.base_url.rpartition("/")[2]
    with urlopen(f"{sandbox.base_url}/__{name}/calendar?{urlencode({'account': PAT, **asked})}", timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        return answer.read().decode().splitlines()


def test_events_are_shown_by_the_clock_on_the_calendars_wall(sandbox, vendor):
    vendor.book(PAT, "2026-10-19T07:00:00Z", "2026-10-19T08:00:00Z", **MONDAYS)
    vendor.book(PAT, "2026-10-26T22:00:00Z", "2026-10-26T23:30:00Z", title="Night", description="Booking\n7")
    vendor.book(PAT, "2026-10-24", "2026-10-26", title="Trip", show_as="oof")

    assert read(sandbox, vendor, day="2026-10-19", days=8) == [
        f"{PAT}, Europe/Zurich",
        "Mon 2026-10-19  09:00-10:00  busy       Meeting",
        "Sat 2026-10-24  until 2026-10-25  oof        Trip",
        "Mon 2026-10-26  09:00-10:00  busy       Meeting",
        "Mon 2026-10-26  23:00-2026-10-27 00:30  busy       Night; Booking 7",
    ]


def test_what_was_cancelled_is_not_shown(sandbox, vendor):
    gone = vendor.book(PAT, "2026-10-20T07:00:00Z", "2026-10-20T08:00:00Z", title="Gone")
    series = vendor.book(PAT, "2026-10-19T07:00:00Z", "2026-10-19T08:00:00Z", **MONDAYS)
    vendor.remove(gone["id"], PAT)
    vendor.remove(series["id"], PAT, occurrence="2026-10-19T07:00:00Z")

    assert read(sandbox, vendor, day="2026-10-19", days=7) == [f"{PAT}, Europe/Zurich"]


def test_it_begins_today_and_shows_a_week(sandbox, vendor):
    sandbox.move_clock(int(1_792_360_800 - sandbox.now()))  # 2026-10-19, 00:00 in Zurich, is 22:00 of the day before.
    vendor.book(PAT, "2026-10-18", "2026-10-19", title="Yesterday")
    vendor.book(PAT, "2026-10-19", "2026-10-20", title="Today")
    vendor.book(PAT, "2026-10-25", "2026-10-26", title="In six days")
    vendor.book(PAT, "2026-10-26", "2026-10-27", title="In a week")

    assert [line.rpartition("  ")[2] for line in read(sandbox, vendor)[1:]] == ["Today", "In six days"]


@pytest.mark.parametrize("asked", [{"account": ""}, {"calendar": "none"}, {"day": "2026-13-01"}, {"days": "some"}])
def test_what_cannot_be_shown_is_refused(sandbox, vendor, asked):
    with pytest.raises(HTTPError) as refused:
        read(sandbox, vendor, **asked)

    assert refused.value.code == 400
    refused.value.close()
