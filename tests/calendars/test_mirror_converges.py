"""Whatever people do, and whatever happens to cursors, channels and pushes: the mirror comes to what a full read holds.

`FINDR_MIRROR_STEPS=300 bin/test tests/calendars/test_mirror_converges.py` goes on for longer than the ordinary run.
"""

import os
import random
from datetime import timedelta

import pytest
from calendar_accounts import CAL
from cast import run_jobs
from mirrors import HOUR, held, mirrored, noon, poll, read_whole

from calendars.tasks import keep_channels
from findr.sandbox.calendars.times import text_of

STEPS = int(os.environ.get("FINDR_MIRROR_STEPS", "25"))


class Chaos:
    """People at work in one calendar, and what goes wrong around it, drawn at random."""

    def __init__(self, desk, seed):
        self.desk, self.draw, self.events = desk, random.Random(seed), []
        self.acts = [self.book, self.book, self.weekly, self.move, self.move, self.remove, self.skip, self.show]
        self.acts += [self.lose, self.double, self.forget, self.expire]

    def act(self):
        act = self.draw.choice(self.acts)
        act()
        return act.__name__

    def start(self):
        return noon(self.draw.randint(0, 90)) + timedelta(minutes=15 * self.draw.randint(-20, 20))

    def book(self):
        start = self.start()
        self.events.append((self.desk.accounts.book(CAL, start, start + HOUR)["id"], None))

    def weekly(self):
        start = self.start()
        rule = self.draw.choice(["RRULE:FREQ=WEEKLY", "RRULE:FREQ=DAILY;COUNT=9"])
        made = self.desk.accounts.book(CAL, start, start + HOUR, time_zone="America/Denver", recurrence=[rule])
        self.events.append((made["id"], start))

    def move(self):
        if self.events:
            start = self.start()
            identity, _ = one = self.draw.choice(self.events)
            self.desk.accounts.change(identity, CAL, start=start, end=start + HOUR)
            if one[1]:
                self.events[self.events.index(one)] = (identity, start)

    def remove(self):
        if self.events:
            identity, _ = self.events.pop(self.draw.randrange(len(self.events)))
            self.desk.accounts.remove(identity, CAL)

    def skip(self):
        for identity, first in self.events:
            if first:
                self.desk.accounts.remove(identity, CAL, occurrence=text_of(first))
                self.events.remove((identity, first))
                return

    def show(self):
        if self.events:
            identity, _ = self.draw.choice(self.events)
            self.desk.accounts.change(identity, CAL, show_as=self.draw.choice(["free", "busy", "tentative"]))

    def lose(self):
        self.desk.accounts.pushes.misbehave({"action": "drop", "times": self.draw.randint(1, 4)})

    def double(self):
        self.desk.accounts.pushes.misbehave({"action": "duplicate", "count": 3, "times": 2})

    def forget(self):
        self.desk.accounts.forget_cursors(CAL)

    def expire(self):
        self.desk.accounts.expire_channels(CAL)


def test_a_series_that_moves_after_something_else_was_booked_leaves_nothing_behind(desk, time):
    start = noon(5)
    series = desk.accounts.book(
        CAL, start, start + HOUR, time_zone="America/Denver", recurrence=["RRULE:FREQ=DAILY;COUNT=9"]
    )
    connection = mirrored(desk)
    desk.accounts.book(CAL, noon(40), noon(40) + HOUR)
    poll(time)
    assert len(held(connection)) == 10

    desk.accounts.change(series["id"], CAL, start=noon(20), end=noon(20) + HOUR)
    poll(time)

    assert held(connection) == read_whole(connection)
    assert len(held(connection)) == 10


@pytest.mark.lesson(28, 47, 50)
def test_it_ends_as_a_full_read(desk, live_server, settings, time, figures):
    seed = os.environ.get("FINDR_SEED", str(random.randrange(10**6)))
    figures.append(f"{STEPS} steps of {desk.vendor}'s mirror, seed {seed} (FINDR_SEED)")
    settings.CALENDAR_PUSH_URL = live_server.url
    connection, chaos, done = mirrored(desk), Chaos(desk, seed), []
    keep_channels()

    for number in range(STEPS):
        done.append(chaos.act())
        desk.accounts.pushes.settle(20)
        run_jobs()
        if number % 8 == 7:
            poll(time)
            assert held(connection) == read_whole(connection), (seed, done)
            keep_channels()

    poll(time)
    assert held(connection) == read_whole(connection), (seed, done)
