"""What does a list cost? `bin/test --exec python tests/load/lists.py [--bookings 20000] [--rounds 15]`

One practice and one patient with a few bookings, and then with so many: most of them past and cancelled, some waiting and
to come. Prints the median of each list at both sizes, in this process and without a network.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bookings", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=15)
    given = options.parse_args()
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
    django.setup()
    from cast import HARBOR, RIDGE, Person
    from crowd import fill
    from django.core.cache import cache
    from django.core.management import call_command

    from findr.accounts.models import User
    from providers import demo
    from providers.models import Provider

    call_command("migrate", verbosity=0)
    demo.load()
    practice = Person(User.objects.get(email="ridge@example.test"), Provider.objects.get(id=RIDGE))
    patient = Person(User.objects.get(email="pat@example.test"))
    figures = []
    # Others have many, too: what is looked at is never most of the table.
    fill(Provider.objects.get(id=HARBOR), User.objects.get(email="sam@example.test"), given.bookings * 3)
    for number in (20, given.bookings):
        fill(practice.provider, patient.user, number)
        cache.clear()
        figures.append({name: median(who, path, given.rounds) for name, who, path in lists(practice, patient)})
    print(f"{'median, ms':<38}{20:>10}{given.bookings:>10}")
    for name, few in figures[0].items():
        print(f"{name:<38}{few:>10.1f}{figures[1][name]:>10.1f}")


def lists(practice, patient):
    """Name, who asks, and the path of each list."""
    from crowd import LISTS

    for kind, path in LISTS:
        who = practice if kind == "practice" else patient
        yield f"{kind}: {path or 'all'}", who, path_of(who, kind, path)


def path_of(who, kind, path):
    place = "provider" if kind == "practice" else "user"
    return f"/api/bookings/{place}/{who.id}{path}"


def median(who, path, rounds):
    for _ in range(6):  # Planned, and in the cache.
        assert who.get(path).status == 200
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        who.get(path)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
