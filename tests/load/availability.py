"""How fast are free times? `bin/test --exec python tests/load/availability.py [--bookings 1000000] [--rounds 200]`

A practice of two, the one's calendar at Google and the other's at Microsoft, visits of half an hour, a grid of as much. Prints
p50 and p95 of the function in this process, its own CPU time, and p50 and p95 of the endpoint of a real web process, in
milliseconds:

- a day with 40 holds and 30 busy times;
- its 60 days, each asked for by itself and all of them in one, with 1,000 holds and 1,800 busy times;
- the first day again, beside so many bookings of others, their events, and a tenth as many holds and busy times.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
LENGTH = timedelta(minutes=30)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bookings", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=200)
    given = options.parse_args()
    os.environ.update(RATE_READ="1000000/60", LOG_LEVEL="WARNING", DJANGO_SETTINGS_MODULE="findr.settings")
    import django

    django.setup()
    from create import daphne, free_port, until_alive
    from django.core.management import call_command

    from providers import demo

    call_command("migrate", verbosity=0)
    demo.load()
    port = free_port()
    server = subprocess.Popen(daphne(port), cwd=ROOT)
    try:
        until_alive(port)
        measure(Web(port), given)
    finally:
        server.terminate()
        server.wait(20)


class Web:
    """One connection to the web process, kept open."""

    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path):
        self.connection.request("GET", path)
        response = self.connection.getresponse()
        body = json.loads(response.read())
        assert response.status == 200, body
        return body


def measure(web, given):
    from cast import HARBOR, RIDGE
    from crowd import fill
    from django.db import connection
    from full_days import HORIZON, analyze, everybody_else, full_practice

    from bookings.models import Booking, TimeHold
    from calendars.models import BusyTime
    from findr.accounts.models import User
    from providers.models import Provider

    ridge, harbor = Provider.objects.get(id=RIDGE), Provider.objects.get(id=HARBOR)
    print(f"{'p50 / p95 in ms':<44}{'function':>16}{'CPU':>8}{'endpoint':>16}")
    full_practice(ridge, holds=40, busy=30, days=1)
    day_of_it(web, ridge, [1], given.rounds, "a day with 40 holds and 30 busy times")

    full_practice(ridge, holds=1000, busy=30 * HORIZON)
    day_of_it(web, ridge, range(1, HORIZON), given.rounds, "any of 60 days with 1,000 holds")
    horizon_of_it(ridge, given.rounds // 4, "all of these days at once")

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # A million rows take minutes.
    fill(harbor, User.objects.get(email="sam@example.test"), given.bookings, paid=False)
    everybody_else(harbor, given.bookings)
    full_practice(ridge, holds=40, busy=30, days=1)
    analyze()
    web = Web(web.port)  # It was idle for minutes: the server has let go of it.
    counts = [f"{model.objects.count():,}" for model in (Booking, TimeHold, BusyTime)]
    day_of_it(web, ridge, [1], given.rounds, f"the first day beside {counts[0]} bookings")
    print("  bookings, holds, busy times: {}, {}, {}".format(*counts))
    connection.close()


def day_of_it(web, provider, days, rounds, name):
    """Single days, in this process and over HTTP, by turns."""
    from bookings.availability.day import day_of, first_available
    from bookings.availability.facts import lanes_of
    from findr import clock

    today = clock.now().astimezone(provider.zone).date()
    dates = [today + timedelta(days=day) for day in days]

    def function(date):
        return first_available(day_of(provider, lanes_of(provider), date, length=LENGTH))

    def endpoint(date):
        return web.get(f"/api/availability/{provider.id}?date={date}&duration=30&mode=first_available")["slots"]

    here, there = [], []
    for number in range(-20, rounds):  # The first ones warm up.
        date = dates[number % len(dates)]
        for took, act in ((here, function), (there, endpoint)):
            took.append(timed(act, date))
    assert endpoint(dates[0])
    assert [f"{slot.start:%H:%M}" for slot, _ in function(dates[0])] == [one["startTime"] for one in endpoint(dates[0])]
    print(f"{name:<44}{cuts(here[20:]):>24}{cuts(there[20:], cpu=False):>16}")


def horizon_of_it(provider, rounds, name):
    """All days in one reading: there is no such endpoint."""
    from full_days import HORIZON

    from bookings.availability.day import lane_days
    from bookings.availability.facts import lanes_of, schedules_of
    from findr import clock

    today = clock.now().astimezone(provider.zone).date()
    begins = datetime.combine(today, datetime.min.time(), tzinfo=provider.zone)
    dates = [today + timedelta(days=day) for day in range(HORIZON)]

    def function(_):
        schedules = schedules_of(provider, lanes_of(provider), begins, begins + timedelta(days=HORIZON))
        return [lane_days(provider, schedules, date, length=LENGTH) for date in dates]

    took = [timed(function, None) for _ in range(rounds + 5)][5:]
    print(f"{name:<44}{cuts(took):>24}")


def timed(act, given):
    """Milliseconds by the wall, and of CPU in this thread."""
    began, at_work = time.perf_counter(), time.thread_time()
    act(given)
    return (time.perf_counter() - began) * 1000, (time.thread_time() - at_work) * 1000


def cuts(took, *, cpu=True):
    walls, work = (sorted(one) for one in zip(*took, strict=True))
    told = f"{walls[len(walls) // 2]:.1f} / {walls[int(len(walls) * 0.95)]:.1f}"
    return f"{told}{work[len(work) // 2]:>8.1f}" if cpu else told


if __name__ == "__main__":
    main()
