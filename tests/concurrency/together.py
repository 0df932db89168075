"""Several things at one moment, each in a thread with a connection of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connections


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
