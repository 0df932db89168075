"""Sweeps: unfinished work is found, not scheduled. Each finds what is due and finishes it, one by one."""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from findr import clock
from findr.transactions import drop_lost_connection

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


def due(rows: QuerySet[Any]) -> list[Any]:
    """The keys of leased rows that nobody is at work on, longest waiting first; so many as one sweep takes."""
    found = rows.filter(claimed_until__lte=clock.now()).order_by("claimed_until")
    return list(found.values_list("pk", flat=True)[: settings.SWEEP_BATCH])


def each(things: Iterable[T], work: Callable[[T], object], *, failure: str) -> list[T]:
    """Do `work` on each of them, one after the other. One that fails stops none of the others.

    Args:
        failure: what the log says of one that failed; `%s` stands for it.

    Returns:
        Those that failed.
    """
    return [thing for thing in things if not _succeeds(thing, work, failure)]


def together(
    things: Sequence[T], work: Callable[[Sequence[T]], object], *, size: int, failure: str, threads: int = 1
) -> list[T]:
    """Do `work` on so many of them at a time; a batch that fails is done again one by one, so that one stops no other.

    Args:
        work: of a batch, all of it or nothing.
        failure: as in `each`.
        threads: how many batches at once, if there are several: while one waits for the database another computes.

    Returns:
        Those that failed alone.
    """

    def do(batch: Sequence[T]) -> list[T]:
        try:
            work(batch)
        except Exception as error:
            logger.warning("%s at once failed (%s) and are done one by one.", len(batch), type(error).__name__)
            drop_lost_connection()
            return each(batch, lambda thing: work([thing]), failure=failure)
        return []

    batches = [things[first : first + size] for first in range(0, len(things), size)]
    several = threads > 1 and len(batches) > 1
    failed = _at_once(do, batches, threads) if several else map(do, batches)
    return [thing for of_a_batch in failed for thing in of_a_batch]


def each_at_once(things: Iterable[T], work: Callable[[T], object], *, failure: str, threads: int) -> None:
    """As `each`, so many at once, each in a thread and on a database connection of its own."""
    _at_once(lambda thing: _succeeds(thing, work, failure), things, threads)


def _at_once(work: Callable[[T], R], things: Iterable[T], threads: int) -> list[R]:
    """What came of `work`, so many at once, each in a thread and on a database connection of its own."""

    def alone(thing: T) -> R:
        try:
            return work(thing)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(alone, things))


def _succeeds(thing: T, work: Callable[[T], object], failure: str) -> bool:
    try:
        work(thing)
    except Exception:
        logger.exception(failure, thing)
        drop_lost_connection()  # It must not fail the rest as well.
        return False
    return True
