"""When a run of tests begins, and what is drawn if nobody says."""

from datetime import UTC, datetime, timedelta

import pytest

from findr.devstack import moments
from findr.devstack.errors import CannotStart
from providers import demo

DRAWN = [moments.draw(seed) for seed in range(600)]


def test_every_kind_can_be_drawn():
    assert {kind for kind, _ in DRAWN} == set(moments.KINDS)


def test_what_is_drawn_lies_in_the_years_that_the_tests_know():
    first, last = datetime(moments.FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(moments.LAST_YEAR + 1, 1, 1, tzinfo=UTC)

    assert all(first - timedelta(days=1) <= moment < last for _, moment in DRAWN)
    assert len({moment for _, moment in DRAWN}) > 550


def test_the_same_seed_draws_the_same_moment():
    assert moments.draw(7) == moments.draw(7)
    assert moments.chosen("random:7") == moments.chosen("random:7")
    assert moments.chosen("random:7").moment == moments.draw(7)[1]


def test_what_was_drawn_says_how_to_draw_it_again():
    start = moments.chosen("random")
    seed = str(start).rpartition("seed ")[2].removesuffix(")")

    assert moments.chosen(f"random:{seed}") == start


@pytest.mark.lesson(71)
@pytest.mark.parametrize("kind", moments.KINDS)
def test_a_kind_is_what_it_is_called(kind):
    drawn = [moment for one, moment in DRAWN if one == kind]

    assert all(FITS.get(kind, lambda moment: True)(moment) for moment in drawn)


def near(moment, others, *, days=0):
    """Whether it lies up to an hour after one of them, or so many days before it."""
    return any(
        -timedelta(days=days, hours=1) <= moment - other <= timedelta(hours=1) for other in others if other is not None
    )


def changes(number):
    return [
        moments.clock_changes(zone, year)[number]
        for zone in moments.DEMO_ZONES
        for year in range(moments.FIRST_YEAR, moments.LAST_YEAR + 1)
    ]


FITS = {
    "the last hour of a day in UTC": lambda moment: moment.hour == 23,
    "a day ends in America/Denver": lambda moment: moment.hour in (5, 6, 7),
    "a day ends in America/New_York": lambda moment: moment.hour in (3, 4, 5),
    "a day ends in America/Chicago": lambda moment: moment.hour in (4, 5, 6),
    "clocks go forward": lambda moment: near(moment, changes(0), days=8),
    "clocks go back": lambda moment: near(moment, changes(1), days=8),
    "a month ends": lambda moment: moment.day in (1, 28, 29, 30, 31),
    "a year ends": lambda moment: (moment.month, moment.day) >= (12, 23) or (moment.month, moment.day) == (1, 1),
    "29 February": lambda moment: moment.year % 4 == 0 and (2, 20) <= (moment.month, moment.day) <= (3, 1),
}


def test_the_demonstrations_zones_are_those_that_are_drawn_from():
    assert set(moments.DEMO_ZONES) == {practice.timezone for practice in demo.PRACTICES}


def test_clocks_change_when_the_zone_says():
    assert moments.clock_changes("America/Denver", 2027) == [
        datetime(2027, 3, 14, 9, tzinfo=UTC),
        datetime(2027, 11, 7, 8, tzinfo=UTC),
    ]
    assert moments.clock_changes("Australia/Lord_Howe", 2027) == [
        datetime(2027, 4, 3, 15, tzinfo=UTC),
        datetime(2027, 10, 2, 15, 30, tzinfo=UTC),
    ]
    assert moments.clock_changes("Asia/Kolkata", 2027) == []


# --- What is named ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["2027-03-14T06:45Z", "2027-03-14T00:45:00-06:00", "2027-03-14T12:15+05:30"])
def test_a_moment_is_taken_as_it_is_named(text):
    start = moments.chosen(text)

    assert (start.moment, str(start)) == (datetime(2027, 3, 14, 6, 45, tzinfo=UTC), "2027-03-14T06:45:00Z")
    assert datetime.now(UTC).timestamp() + start.ahead == pytest.approx(start.moment.timestamp(), abs=5)


def test_without_a_word_it_is_now():
    assert abs(moments.chosen("").ahead) < 5


@pytest.mark.parametrize(
    "text", ["tomorrow", "2027-03-14", "2027-03-14T06:45", "2027-02-29T06:45Z", "random:", "random:x"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(CannotStart, match="--at takes a moment such as"):
        moments.chosen(text)
