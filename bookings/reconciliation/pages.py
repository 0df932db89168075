"""Reading large tables by the page, so that neither the size of a table nor a change made meanwhile matters.

A page is read in one snapshot of the database: what a service changes is seen wholly or not at all. What looks broken
is looked at once more, in a new snapshot, before it is told.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from bookings.reconciliation.finding import Finding

Check = Callable[[Sequence[Any]], Iterator[Finding]]


def keys_of(rows: QuerySet[Any], size: int, key: str = "pk") -> Iterator[list[Any]]:
    """The keys of all rows, the primary ones or others that differ, in order, `size` at a time."""
    keys = rows.order_by(key).values_list(key, flat=True)
    page = list(keys[:size])
    while page:
        yield page
        page = list(keys.filter(**{f"{key}__gt": page[-1]})[:size]) if len(page) == size else []


def parts_of(keys: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """These keys, `size` at a time."""
    for first in range(0, len(keys), size):
        yield list(keys[first : first + size])


@contextmanager
def snapshot() -> Iterator[None]:
    """One moment of the database for all that is read inside; nothing can be written. Not inside a transaction."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL enable_seqscan = on")  # Unlike a call (DATABASE_SESSION) it may read a table whole.
        yield


def confirmed(check: Check, keys: Sequence[Any]) -> list[Finding]:
    """What a check finds about these rows, and finds again a moment later."""
    with snapshot():
        suspected = {(finding.invariant, finding.key) for finding in check(keys)}
    if not suspected:
        return []
    with snapshot():
        again = list(check(list({key for _, key in suspected})))
    return [finding for finding in again if (finding.invariant, finding.key) in suspected]
