"""Several things at one moment, each in a thread with a connection of its own."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

# How often a race is run whose every outcome is to be seen. `FINDR_RACES=1000 bin/test tests/concurrency` for the whole.
RUNS = int(os.environ.get("FINDR_RACES", "30"))


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
