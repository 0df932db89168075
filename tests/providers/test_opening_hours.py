"""When a practice is open: wall times of its own zone (contract 6.6, 6.10)."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from providers.models import OpeningHours, TeamMember, TimeOff
from providers.selectors import is_open


@pytest.fixture
def practice(provider):
    """Open on weekdays from 9:00 to 17:00, closed at the weekend."""
    provider.provider.opening_hours.all().delete()
    for weekday in range(5):
        OpeningHours.objects.create(provider=provider.provider, weekday=weekday, opens=time(9), closes=time(17))
    return provider.provider


def open_at(practice, text, minutes=60, member=None):
    start = datetime.fromisoformat(text)
    if start.tzinfo is None:
        start = start.replace(tzinfo=practice.zone)
    return is_open(practice, member, start, start + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("start", "minutes", "answer"),
    [
        ("2026-12-08T09:00", 60, True),
        ("2026-12-08T16:00", 60, True),
        ("2026-12-08T09:00", 480, True),
        ("2026-12-08T08:59", 60, False),
        ("2026-12-08T16:01", 60, False),
        ("2026-12-08T17:00", 5, False),
        ("2026-12-12T10:00", 60, False),
        ("2026-12-08T16:00:00+00:00", 60, True),
        ("2026-12-08T15:59:00+00:00", 60, False),
        ("2026-07-08T15:00:00+00:00", 60, True),
        ("2026-07-08T14:59:00+00:00", 60, False),
    ],
)
def test_a_visit_fits_into_the_hours_of_its_day(practice, start, minutes, answer):
    assert open_at(practice, start, minutes) is answer


@pytest.mark.lesson(8)
def test_the_weekday_is_the_practices(practice):
    practice.timezone = "Pacific/Auckland"

    # Sunday afternoon in London is Monday morning in Auckland; Friday evening in London is Saturday there.
    assert open_at(practice, "2026-12-06T21:00:00+00:00")
    assert not open_at(practice, "2026-12-11T21:00:00+00:00")


@pytest.mark.lesson(7)
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"])
def test_hours_in_zones_off_the_hour(practice, zone):
    practice.timezone = zone
    opening = datetime(2026, 12, 8, 9, 0, tzinfo=ZoneInfo(zone))

    assert is_open(practice, None, opening, opening + timedelta(minutes=30))
    assert not is_open(practice, None, opening - timedelta(minutes=1), opening + timedelta(minutes=29))


@pytest.mark.lesson(7)
def test_on_a_change_day_the_wall_clock_counts(practice):
    OpeningHours.objects.create(provider=practice, weekday=6, opens=time(1), closes=time(4))
    forward = datetime(2027, 3, 14, 1, 0, tzinfo=practice.zone)
    back = datetime(2026, 11, 1, 1, 0, tzinfo=practice.zone)

    def lasts(start, minutes):
        begin = start.astimezone(ZoneInfo("UTC"))
        return is_open(practice, None, begin, begin + timedelta(minutes=minutes))

    assert (lasts(forward, 120), lasts(forward, 121)) == (True, False)
    assert (lasts(back, 240), lasts(back, 241)) == (True, False)


def test_a_visit_over_midnight_is_outside(practice):
    OpeningHours.objects.filter(provider=practice, weekday=1).update(opens=time(0), closes=time(23, 59, 59))
    OpeningHours.objects.filter(provider=practice, weekday=2).update(opens=time(0))

    assert open_at(practice, "2026-12-08T22:59")
    assert not open_at(practice, "2026-12-08T23:30")


def test_time_off_closes_the_practice(practice):
    away = datetime(2026, 12, 8, 12, 0, tzinfo=practice.zone)
    TimeOff.objects.create(provider=practice, start=away, end=away + timedelta(hours=1))

    assert open_at(practice, "2026-12-08T11:00")
    assert open_at(practice, "2026-12-08T13:00")
    assert not open_at(practice, "2026-12-08T11:01")
    assert not open_at(practice, "2026-12-08T12:59")


def test_time_off_of_one_of_the_team_closes_only_their_lane(practice):
    alex, kim = practice.team_members.get(), TeamMember.objects.create(provider=practice, name="Kim")
    away = datetime(2026, 12, 8, 12, 0, tzinfo=practice.zone)
    TimeOff.objects.create(provider=practice, team_member=alex, start=away, end=away + timedelta(hours=1))

    assert not open_at(practice, "2026-12-08T12:00", member=alex)
    assert open_at(practice, "2026-12-08T12:00", member=kim)
    assert open_at(practice, "2026-12-08T12:00")


def test_time_off_of_the_practice_closes_every_lane(practice):
    away = datetime(2026, 12, 8, 12, 0, tzinfo=practice.zone)
    TimeOff.objects.create(provider=practice, start=away, end=away + timedelta(hours=1))

    assert not open_at(practice, "2026-12-08T12:00", member=practice.team_members.get())
