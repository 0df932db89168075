"""The picture's arithmetic, against a walk minute by minute: each minute of a week has one place, and things side by side."""

import random
from datetime import UTC, date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bookings.admin.week.axis import Axis
from bookings.admin.week.clocks import MINUTE, day_of
from bookings.admin.week.columns import SHORTEST_MINUTES, columns_of
from bookings.admin.week.span import Span
from bookings.availability.intervals import Intervals

# A day of the week and how long it is: clocks that change at two, at one, at midnight, by half an hour, and a day left out.
DAYS = [
    ("America/Denver", date(2026, 3, 8), 23 * 60),
    ("America/Denver", date(2026, 11, 1), 25 * 60),
    ("Europe/London", date(2026, 3, 29), 23 * 60),
    ("America/St_Johns", date(2026, 11, 1), 25 * 60),
    ("Australia/Lord_Howe", date(2026, 4, 5), 24 * 60 + 30),
    ("Australia/Lord_Howe", date(2026, 10, 4), 24 * 60 - 30),
    ("America/Havana", date(2026, 3, 8), 23 * 60),
    ("America/Havana", date(2026, 11, 1), 25 * 60),
    ("Africa/Cairo", date(2026, 4, 24), 23 * 60),
    ("Asia/Kathmandu", date(2026, 3, 8), 24 * 60),
    ("Pacific/Apia", date(2011, 12, 30), 0),
]


@pytest.mark.parametrize(("name", "day", "length"), DAYS, ids=lambda one: str(one))
def test_each_minute_of_the_week_has_a_place_of_its_own(name, day, length):
    zone, monday = ZoneInfo(name), day - timedelta(days=day.weekday())
    days = [day_of(monday + timedelta(days=index), zone) for index in range(7)]
    axis, asked = Axis.of(days, zone), days[day.weekday()]

    assert (asked.ends - asked.begins) // MINUTE == length
    assert [one.ends for one in days[:-1]] == [one.begins for one in days[1:]]
    by_wall = {}
    for one in days:
        minutes = [one.begins + index * MINUTE for index in range((one.ends - one.begins) // MINUTE)]
        spans = [axis.span(minute, minute + MINUTE) for minute in minutes]
        assert all(span.bottom == span.top + 1 for span in spans)
        assert all(before.bottom <= after.top for before, after in pairwise(spans))
        taken = {span.top for span in spans}
        empty = {place for gap in axis.gaps(one) for place in range(gap.top, gap.bottom)}
        assert not taken & empty
        if minutes:
            assert taken | empty == set(range(axis.end))
        for minute, span in zip(minutes, spans, strict=True):
            there = minute.astimezone(zone)
            by_wall.setdefault((there.hour, there.minute, there.fold), set()).add(span.top)
    assert all(len(places) == 1 for places in by_wall.values())


def test_a_stretch_over_a_change_is_drawn_from_its_beginning_to_its_end():
    zone = ZoneInfo("America/Denver")
    for day, top, bottom in ((date(2026, 3, 8), 90, 210), (date(2026, 11, 1), 90, 180)):
        clock_day = day_of(day, zone)
        axis = Axis.of([clock_day], zone)
        start = clock_day.begins + timedelta(minutes=90)
        lasts = timedelta(minutes=60 if day.month == 3 else 90)

        assert axis.span(start, start + lasts) == Span(top, bottom)


def drawn_spans(draw, number):
    tops = sorted(draw.randrange(0, 600) for _ in range(number))
    return [Span(top, top + draw.choice([5, 15, 30, 60, 240])) for top in tops]


def test_what_overlaps_stands_side_by_side_in_as_few_columns_as_can_be():
    draw = random.Random(58)
    for number in range(60):
        spans = drawn_spans(draw, number % 12)
        reach = [(span.top, max(span.bottom, span.top + SHORTEST_MINUTES)) for span in spans]

        columns = columns_of(spans)

        assert len(columns) == len(spans)
        for index, (top, bottom) in enumerate(reach):
            column, of = columns[index]
            assert 0 <= column < of
            for other in range(index):
                if reach[other][0] < bottom and top < reach[other][1]:
                    assert columns[other][0] != column
                    assert columns[other][1] == of
        most = max((sum(top <= at < bottom for top, bottom in reach) for at in range(900)), default=0)
        assert max((of for _, of in columns), default=0) == most


def test_what_of_one_thing_is_outside_of_another_minute_by_minute():
    draw, begins = random.Random(7), day_of(date(2026, 3, 2), ZoneInfo("UTC")).begins.astimezone(UTC)

    def drawn():
        starts = [draw.randrange(0, 120) for _ in range(draw.randrange(0, 5))]
        return Intervals(
            [(begins + one * MINUTE, begins + (one + draw.choice([1, 10, 40])) * MINUTE) for one in starts]
        )

    for _ in range(200):
        these, others = drawn(), drawn()
        rest = list(these.outside(others))

        for index in range(170):
            minute = begins + index * MINUTE
            within = any(start <= minute < end for start, end in rest)
            expected = these.meet(minute, minute + MINUTE) and not others.meet(minute, minute + MINUTE)
            assert within == expected
