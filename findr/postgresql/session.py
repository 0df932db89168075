"""What a session at the database begins with, and what a migration may do that a request may not.

It is said once the connection stands, not as start-up options: PgBouncer refuses those as it comes, and told to ignore
them it drops the limits with them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString

from django.conf import settings
from django.db import connection
from psycopg import AsyncConnection


def beginning() -> tuple[LiteralString, list[str]]:
    """The statement that gives a new session its settings, and its parameters."""
    return _setting(settings.DATABASE_SESSION)


async def begin(connection: AsyncConnection[Any]) -> None:
    """The same of a connection that is not Django's: those of the worker's own pool."""
    await connection.execute(*beginning())
    await connection.commit()


@contextmanager
def migrating() -> Iterator[None]:
    """For the block, statements may take as long as they need, but may not wait long for a lock.

    Whatever waits for the lock of a whole table has everybody else wait behind it.
    """
    with _with(settings.MIGRATION_SESSION):
        yield


@contextmanager
def searching() -> Iterator[None]:
    """For the block, a table may be read whole, where that is the shortest way to what no index leads to."""
    with _with({"enable_seqscan": "on"}):
        yield


@contextmanager
def _with(values: Mapping[str, str]) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(*_setting(values))
    try:
        yield
    finally:
        if connection.connection is not None and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(*beginning())


def migration_setting(name: str) -> str:
    """What a migration's session has for this setting."""
    value: str = settings.MIGRATION_SESSION[name]
    return value


def _setting(values: Mapping[str, str]) -> tuple[LiteralString, list[str]]:
    calls: LiteralString = ", ".join(["set_config(%s, %s, false)"] * len(values))
    return "SELECT " + calls, [word for pair in values.items() for word in pair]
