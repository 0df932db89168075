"""What does it cost to know what is not covered? `bin/test --exec python tests/load/uncovered.py [--bookings 100000] [--ahead 10000]`

So many bookings of two practices, so many of them visits to come, some in time off. Prints how many were found, and of
fifteen rounds the fastest in milliseconds and the middle one's processor time in this process.
"""

import argparse
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
ROUNDS, WEEK = 15, timedelta(days=7)
AHEAD = """
UPDATE bookings_booking SET state = 'confirmed', start = %(now)s + n * interval '7 minutes', "end" = %(now)s + n * interval '7 minutes' + interval '1 hour'
FROM (SELECT id, row_number() OVER (ORDER BY random()) n FROM bookings_booking WHERE state = 'completed' ORDER BY n LIMIT %(ahead)s) drawn
WHERE bookings_booking.id = drawn.id
"""


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bookings", type=int, default=100_000)
    options.add_argument("--ahead", type=int, default=10_000)
    given = options.parse_args()
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
    django.setup()
    ridge = practices(given)
    from bookings.availability.uncovered import uncovered, uncovered_bookings
    from findr import clock

    measure("a practice's week", lambda: uncovered(ridge, clock.now(), clock.now() + WEEK))
    measure("a practice", lambda: uncovered(ridge, clock.now()))
    measure("all practices", uncovered_bookings)


def practices(given):
    """Ridge with a twentieth of the bookings, Harbor with the rest; Ridge is away for two days."""
    from cast import HARBOR, RIDGE
    from crowd import fill
    from django.core.management import call_command
    from django.db import connection

    from findr import clock
    from findr.accounts.models import User
    from providers import demo
    from providers.models import OpeningHours, Provider, TimeOff

    call_command("migrate", verbosity=0)
    demo.load()
    patient, ridge = User.objects.get(email="pat@example.test"), Provider.objects.get(id=RIDGE)
    fill(ridge, patient, given.bookings // 20)
    fill(Provider.objects.get(id=HARBOR), patient, given.bookings)
    OpeningHours.objects.update(opens="00:00", closes="23:59")
    TimeOff.objects.create(provider=ridge, start=clock.now(), end=clock.now() + WEEK * 2 / 7)
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, {"now": clock.now(), "ahead": given.ahead})
        cursor.execute("VACUUM ANALYZE bookings_booking")
    return ridge


def measure(name, question):
    """Once the statements are planned."""
    for _ in range(3):
        found = question()
    walls, processors = [], []
    for _ in range(ROUNDS):
        began, busy = time.perf_counter(), time.process_time()
        question()
        walls.append((time.perf_counter() - began) * 1000)
        processors.append((time.process_time() - busy) * 1000)
    print(f"{name:<20}{len(found):>7} found {min(walls):>9.1f} ms {median(processors):>9.1f} ms of processor time")


if __name__ == "__main__":
    main()
