"""Does it cost more in a larger database? `bin/test --exec python tests/load/scale.py [--sizes 10000,1000000,5000000] [--rounds 15]
[--creates]`

A database for each size (`grown`), and a process for each that has it grown and then does the same works (`works`) in turn with
the others, one at a time, so that a busy machine is busy for all of them. Prints for each work and size the median of its time
and of the CPU time of findr and of its PostgreSQL session, and the latter's ratio to the first size; then what the nightly
check costs, and how large the tables are. With `--creates` nothing but creates and confirms, twenty in each round.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parents[2]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--sizes", default="10000,1000000,5000000")
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--creates", action="store_true", help="nothing else")
    given = options.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    folder = tempfile.TemporaryDirectory()
    children = {size: Child(size, number, folder.name) for number, size in enumerate(sizes)}
    try:
        began = time.monotonic()
        for child in children.values():  # All at once.
            child.tell("grow")
        for size, child in children.items():
            rows = child.answer()
            print(f"{size:,} bookings, {rows:,} rows in all: grown after {time.monotonic() - began:.0f} s", flush=True)
        if not given.creates:
            print_totals({size: child.ask("totals") for size, child in children.items()})
        rounds = {size: [] for size in sizes}
        for number in range(given.rounds + 3):  # The first ones warm up.
            for size, child in children.items():
                found = child.ask("creates" if given.creates else "works")
                if number >= 3:
                    rounds[size].append(found)
        print_works(rounds)
    finally:
        for child in children.values():
            child.end()
        folder.cleanup()


class Child:
    """A process with a database, a Redis database and a clock of its own, that does what it is asked and answers in JSON."""

    def __init__(self, size, number, folder):
        url = urlsplit(os.environ["DATABASE_URL"])
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE scale_{size}")
        own = {
            "DATABASE_URL": f"{url.scheme}:///scale_{size}?{url.query}",
            "REDIS_URL": f"{os.environ['REDIS_URL']}?db={number + 1}",
            "FINDR_CLOCK_FILE": f"{folder}/clock-{size}",
        }
        command = [sys.executable, str(ROOT / "tests" / "load" / "works.py"), str(size)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env={**os.environ, **own}, cwd=ROOT, **pipes)

    def tell(self, what):
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()

    def answer(self):
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"The process ended with code {self.process.wait()}.")
        return json.loads(answer)

    def ask(self, what):
        self.tell(what)
        return self.answer()

    def end(self):
        """Also of a process that is still at work, when another one failed."""
        self.process.terminate()
        self.process.wait(30)


def print_works(rounds):
    """A line for each work: at each size time, CPU of findr + PostgreSQL, and how much more CPU than at the first."""
    sizes = list(rounds)
    print(f"\n{'ms: all (CPU findr + PostgreSQL), ratio':<44}" + "".join(f"{f'{size:,}':>34}" for size in sizes))
    for name in rounds[sizes[0]][0]:
        medians = {
            size: [statistics.median(column) for column in zip(*(one[name] for one in rounds[size]), strict=True)]
            for size in sizes
        }
        _, *first = medians[sizes[0]]
        cells = (
            f"{took:.1f} ({app:.1f} + {database:.1f})  {(app + database) / sum(first):.2f}"
            for took, app, database in medians.values()
        )
        print(f"{name:<44}" + "".join(f"{cell:>34}" for cell in cells), flush=True)


def print_totals(totals):
    for name in next(iter(totals.values())):
        print(f"{name:<44}" + "".join(f"{found[name]:>34}" for found in totals.values()))


if __name__ == "__main__":
    main()
