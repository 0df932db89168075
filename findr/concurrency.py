"""How many calls of the API one web process works on at once.

Python runs one thread at a time, and a process whose threads all have work passes the interpreter on at every answer of the
database, each time to another thread, another connection and another session of PostgreSQL, none of which the processor's
caches know. One call after the other costs a fifth less (docs/performance.md). So each is worked on under a permit, and gives it
back, together with its database connection, while it waits for a vendor.

A permit is no lock: whoever has waited for one for `WEB_QUEUE_SECONDS` goes on without. What keeps it, such as a row that
somebody else has locked, makes others late by that much and no more. Pages of the console, which may take long, need none.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.db import connection


class _Thread(threading.local):
    """What this thread is about.

    Attributes:
        has_call: it works on a call.
        has_permit: and under a permit.
        keeps_connection: its session at the database holds something.
    """

    has_call = False
    has_permit = False
    keeps_connection = False


_thread = _Thread()


@cache
def _permits() -> threading.BoundedSemaphore:
    """This process's."""
    return threading.BoundedSemaphore(settings.WEB_CALLS_AT_ONCE)


@contextmanager
def permit() -> Iterator[None]:
    """Work on a call for the block, under a permit if one is to be had in time."""
    _thread.has_call = True
    _take()
    try:
        yield
    finally:
        _give_back()
        _thread.has_call = False


@contextmanager
def waiting() -> Iterator[None]:
    """Wait for somebody else for the block: a call's permit and its connection are of use to others meanwhile.

    Whoever has no call keeps both, a job for one. A connection stays whose transaction is open, or whose session holds a lock.
    """
    if not _thread.has_call:
        yield
        return
    if not (connection.in_atomic_block or _thread.keeps_connection):
        connection.close()
    _give_back()
    try:
        yield
    finally:
        _take()


@contextmanager
def keeping_connection() -> Iterator[None]:
    """The session at the database holds something for the block that would stay in it, were it given to somebody else."""
    before, _thread.keeps_connection = _thread.keeps_connection, True
    try:
        yield
    finally:
        _thread.keeps_connection = before


def _take() -> None:
    _thread.has_permit = _permits().acquire(timeout=settings.WEB_QUEUE_SECONDS)


def _give_back() -> None:
    if _thread.has_permit:
        _thread.has_permit = False
        _permits().release()
