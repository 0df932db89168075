"""Several things at one moment, each in a thread with a connection of its own."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

# How often a race is run. `FINDR_RACES=1000 bin/test tests/concurrency` for the whole.
RUNS = int(os.environ.get("FINDR_RACES", "6"))
# And at most, where every outcome is to be seen and one of them is rare on this machine.
MOST = max(RUNS, 100)


def races(seen_all=lambda: True):
    """The numbers of so many races, and of more until every outcome has been seen."""
    for number in range(MOST):
        if number >= RUNS and seen_all():
            return
        yield number


def at_once(*things):
    """Do all of them from a common starting line, each in a thread of its own; their results, in order."""
    line = threading.Barrier(len(things))

    def run(thing):
        line.wait(30)
        try:
            return thing()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(things)) as pool:
        return [future.result(60) for future in [pool.submit(run, thing) for thing in things]]
