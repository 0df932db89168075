"""A model that walks minute by minute, and knows nothing of how it is done, agrees with the endpoint (lessons 56, 57, 59).

`FINDR_SITUATIONS=2000 bin/test tests/availability` for many more situations than the ordinary run has.
"""

import os
import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from availability.situations import Situation, change_days
from cast import RIDGE, call

from providers.models import Provider, TeamMember
from providers.selectors import is_open

SITUATIONS = int(os.environ.get("FINDR_SITUATIONS", "60"))


@pytest.mark.lesson(56, 57, 59)
def test_every_grid_time_of_many_days(stage, staff, settings, seed):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/60")
    member = TeamMember.objects.get(provider_id=RIDGE)

    for number in range(SITUATIONS):
        situation = Situation(f"{seed}:{number}")
        situation.write(member)
        asked = f"/api/availability/{RIDGE}?date={situation.day}&duration={situation.length}"
        explained = staff.get(f"/api/availability/{RIDGE}/explain?{asked.partition('?')[2]}").body["lanes"][0]
        listed = call("GET", asked).body["availability"][0]

        expected = situation.expected()
        told = [(one["startTime"], one["reason"]) for one in explained["times"]]
        assert told == expected, f"situation {seed}:{number}"
        assert [one["startTime"] for one in listed["slots"]] == [wall for wall, reason in expected if reason is None]
        assert sum(explained["counts"].values()) + len(listed["slots"]) == len(expected)
        assert_open_when_a_create_finds_it_open(situation, member, told)


def assert_open_when_a_create_finds_it_open(situation, member, told):
    """The calendar decides within the hours alone, and a create reads these in one statement of its own (contract 6.6)."""
    provider, length = Provider.objects.get(id=RIDGE), timedelta(minutes=situation.length)
    for wall, reason in told:
        if reason in (None, "closed", "taken", "busy"):
            start = datetime.combine(situation.day, time.fromisoformat(wall), tzinfo=situation.zone).astimezone(UTC)
            assert is_open(provider, member, start, start + length) == (reason != "closed"), wall


@pytest.fixture
def seed(figures):
    drawn = os.environ.get("FINDR_SEED", str(random.randrange(10**6)))
    figures.append(f"{SITUATIONS} situations of availability, seed {drawn} (FINDR_SEED)")
    return drawn


def test_days_on_which_the_clocks_change_are_among_them():
    assert change_days(ZoneInfo("America/Denver"), date(2026, 1, 1), date(2027, 1, 1)) == [
        date(2026, 3, 8),
        date(2026, 11, 1),
    ]
