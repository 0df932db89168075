"""How many web requests one process works on at once.

Python runs one thread at a time, and a process whose threads all have work passes the interpreter on at every answer of the
database, each time to another thread, another connection and another session of PostgreSQL, none of which the processor's
caches know: a third more CPU for each request than if they came one after the other (docs/performance.md). So a request is
worked on under one of a few permits, and gives it back, together with its database connection, while it waits for a vendor.

A permit is no lock: whoever has waited for one for `WEB_QUEUE_SECONDS` goes on without. What keeps them all, such as a slow
page or rows that somebody else has locked, makes others late by that much and no more.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.db import connection


@cache
def _permits() -> threading.BoundedSemaphore:
    """Those of this process."""
    return threading.BoundedSemaphore(settings.WEB_REQUESTS_AT_ONCE)


class _Thread(threading.local):
    """What a thread of the server holds.

    Attributes:
        is_at_work: whether it works on a web request.
        has_permit: whether under a permit.
    """

    is_at_work = False
    has_permit = False


_thread = _Thread()


@contextmanager
def at_work() -> Iterator[None]:
    """Work on a web request for the block, under a permit as soon as one is to be had."""
    _thread.is_at_work = True
    _begin()
    try:
        yield
    finally:
        _end()
        _thread.is_at_work = False


@contextmanager
def waiting() -> Iterator[None]:
    """Wait for somebody else for the block: a web request's permit and connection are of use to others meanwhile.

    Nothing is given back by whoever is no web request, a job for one, whose connection may hold a lock for its whole life;
    nor a connection whose transaction is open.
    """
    if not _thread.is_at_work:
        yield
        return
    if not connection.in_atomic_block:
        connection.close()
    _end()
    try:
        yield
    finally:
        _begin()


def _begin() -> None:
    _thread.has_permit = _permits().acquire(timeout=settings.WEB_QUEUE_SECONDS)


def _end() -> None:
    if _thread.has_permit:
        _thread.has_permit = False
        _permits().release()
