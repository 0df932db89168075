"""What does a list cost? `bin/test --exec python tests/load/lists.py [--bookings 20000] [--rounds 15]`

One practice and one patient with a few bookings, and then with so many: most of them past and cancelled, some waiting and
to come. Prints for each list at both sizes the least CPU time of all rounds in this process, without a network, that of
PostgreSQL on average, and how many blocks its statements touch there: the one that a busy machine does not change.
"""

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "load")]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bookings", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=50)
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
    print(f"{'CPU: findr + PostgreSQL, blocks':<30}{20:>26}{given.bookings:>26}")
    for name in figures[0]:
        at_both = (
            f"{app:.1f} + {database:.1f} ms {touched:>6}" for app, database, touched in (size[name] for size in figures)
        )
        print(f"{name:<30}" + "".join(f"{figure:>26}" for figure in at_both))


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
    """The least CPU time of all rounds and PostgreSQL's on average, in milliseconds, and the blocks that its statements touch."""
    from create import cpu_of_postgres
    from crowd import blocks, plans_of
    from django.test import Client

    client, headers, times = Client(), {"Authorization": f"Bearer {who.token}"}, []
    for _ in range(6):  # Planned, and in the cache.
        assert client.get(path, headers=headers).status_code == 200
    before = cpu_of_postgres()
    for _ in range(rounds):
        began = time.process_time()
        client.get(path, headers=headers)
        times.append((time.process_time() - began) * 1000)
    database = (cpu_of_postgres() - before) / rounds * 1000
    return min(times), database, sum(blocks(plan) for _, plan in plans_of(who, path))


if __name__ == "__main__":
    main()
