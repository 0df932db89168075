"""A change in somebody's calendar shows in the free times: by push within two seconds, and by the clock within one period.

The vendors, the web process and the worker are processes of their own, and talk to each other over HTTP.
"""

import os
import subprocess
import sys
import time as machine
from contextlib import contextmanager
from statistics import median

import pytest
from calendar_accounts import CAL, Desk
from mirrors import HOUR, mirrored, noon
from web import ROOT, database_url, started

from calendars.tasks import keep_channels

CHANGES = 5
# Seconds. A push has the first; what it sets off is about as much work as so many of the requests by which its effect is
# looked for. On an idle machine those take less than half of it: only a slow one is given more time by them.
SHOWS_WITHIN, WORTH_REQUESTS = 2.0, 40
PERIOD, CLOCKWORK = 300, 15
LOOK_SECONDS = 0.1
PATIENCE = 60


@contextmanager
def worker(**variables):
    """The worker as the Procfile starts it, for the block."""
    given = {**os.environ, "DATABASE_URL": database_url(), **variables}
    process = subprocess.Popen([sys.executable, "manage.py", "run_worker"], cwd=ROOT, env=given)
    try:
        yield
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def desks(provider, other_provider, sandbox):
    """One practice with a calendar at each vendor."""
    return [Desk(provider, sandbox, "google"), Desk(other_provider, sandbox, "microsoft")]


@pytest.fixture
def web(stage, settings, time, tmp_path):
    """The web process and the worker. Calendars are read by the clock every five minutes of it, as by default."""
    shared = {
        **{f"{vendor}_BASE": getattr(settings, f"{vendor}_BASE") for vendor in ("GOOGLE", "MICROSOFT", "STRIPE")},
        "FINDR_CLOCK_FILE": settings.CLOCK_FILE,
        "RATE_READ": "1000000/60",
    }
    with started(tmp_path / "log", **shared) as web:
        settings.CALENDAR_PUSH_URL = f"http://127.0.0.1:{web.port}"
        with worker(**shared, CALENDAR_PUSH_URL=settings.CALENDAR_PUSH_URL):
            yield web


@pytest.mark.lesson(28)
def test_a_change_shows_by_push_and_without_one_by_the_clock(web, desks, time, figures):
    for desk in desks:
        mirrored(desk)
    keep_channels()

    for desk in desks:
        took, looked = zip(*(change_at(desk, web, days=2 + number) for number in range(CHANGES)), strict=True)
        figures.append(
            f"{desk.vendor}: a change shows after {median(took):.2f} s by push, {max(took):.2f} at most;"
            f" looking takes {median(looked) * 1000:.0f} ms"
        )
        assert median(took) <= max(SHOWS_WITHIN, WORTH_REQUESTS * median(looked)), (took, looked)

    changed = machine.monotonic()
    for desk in desks:
        desk.accounts.pushes.misbehave({"action": "drop", "times": None})
        desk.accounts.book(CAL, noon(20), noon(20) + HOUR)
        assert is_offered(desk, web, noon(20))
    time.passes(seconds=PERIOD - CLOCKWORK)
    for desk in desks:
        took, looked = until_gone(desk, web, noon(20), since=changed)
        figures.append(f"{desk.vendor}: without a push after {PERIOD - CLOCKWORK + took:.0f} s by the clock")
        assert took <= CLOCKWORK + WORTH_REQUESTS * looked


def change_at(desk, web, *, days):
    """Somebody enters an event in their calendar: seconds until its time is not offered, and seconds of one look."""
    start = noon(days)
    assert is_offered(desk, web, start)
    desk.accounts.book(CAL, start, start + HOUR)
    return until_gone(desk, web, start, since=machine.monotonic())


def until_gone(desk, web, start, *, since):
    looks = []
    while True:
        looked = machine.monotonic()
        offered = is_offered(desk, web, start)
        looks.append(machine.monotonic() - looked)
        if not offered:
            return machine.monotonic() - since, median(looks)
        assert machine.monotonic() - since < PATIENCE
        machine.sleep(LOOK_SECONDS)


def is_offered(desk, web, start):
    """Whether a visit of an hour can be had then, as anybody's app is told."""
    zone = desk.person.provider.zone
    there = start.astimezone(zone)
    answer = web.ask("GET", f"/api/availability/{desk.person.id}?date={there.date()}&mode=first_available")
    assert answer.status == 200, answer.content
    return f"{there:%H:%M}" in [one["startTime"] for one in answer.body["slots"]]
