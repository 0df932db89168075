"""What does a list cost? `bin/test --exec python tests/load/lists.py [--bookings 20000] [--rounds 15]`

One practice and one patient with a few bookings, and then with so many: most of them past and cancelled, some waiting and
to come. Prints for each list at both sizes the fastest of all rounds, in this process and without a network, and how many
blocks its statements touch in the database: the one that a busy machine does not change.
"""

import argparse
import os
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
        figures.append({name: cost(who, path, given.rounds) for name, who, path in lists(practice, patient)})
    print(f"{'bookings':<30}{20:>18}{given.bookings:>18}")
    for name, (took, touched) in figures[0].items():
        later, more = figures[1][name]
        print(f"{name:<30}{took:>7.1f} ms {touched:>7}{later:>7.1f} ms {more:>7}")


def lists(practice, patient):
    """Name, who asks, and the path of each list."""
    from crowd import LISTS

    for kind, path in LISTS:
        who = practice if kind == "practice" else patient
        yield f"{kind}: {path or 'all'}", who, path_of(who, kind, path)


def path_of(who, kind, path):
    place = "provider" if kind == "practice" else "user"
    return f"/api/bookings/{place}/{who.id}{path}"


def cost(who, path, rounds):
    """The fastest of all rounds in milliseconds, and the blocks that its statements touch."""
    from crowd import blocks, plans_of

    for _ in range(6):  # Planned, and in the cache.
        assert who.get(path).status == 200
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        who.get(path)
        times.append((time.perf_counter() - began) * 1000)
    return min(times), sum(blocks(plan) for _, plan in plans_of(who, path))


if __name__ == "__main__":
    main()
