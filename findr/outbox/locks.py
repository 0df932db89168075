"""Advisory locks: of a connection, which end with it however it ends; and of a transaction.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from findr.concurrency import keeping_connection

# A condition: somebody has the lock of this name, an expression. The number of a lock is shown in two halves.
IS_LOCKED = """
    EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (classid::bigint << 32) | objid::bigint = hashtextextended({name}, 0)
    )
"""


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One at a time: who comes second waits for the first; the database's lock timeout ends the wait (503)."""
    _ask("SELECT pg_advisory_lock(hashtextextended(%s, 0))", name)
    with keeping_connection():
        try:
            yield
        finally:
            _release(name)


@contextmanager
def locked_if_free(name: str) -> Iterator[bool]:
    """Whether nobody else is at it: who comes second is told so at once."""
    is_mine = _ask("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name)
    with keeping_connection():
        try:
            yield bool(is_mine)
        finally:
            if is_mine:
                _release(name)


def _release(name: str) -> None:
    _ask("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


def _ask(sql: str, name: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, [name])
        (answer,) = cursor.fetchone()
    return answer


def lock_until_commit(name: str) -> None:
    """One transaction at a time: who comes second waits until the first has committed."""
    _ask("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))::text", name)
