"""Statements that are written out and run again and again."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


def fetch(text: str, values: Any, *, is_raw: bool = False) -> list[tuple[Any, ...]]:
    """All rows, as `findr.postgresql.base.DatabaseWrapper.fetch` gives them.

    Raises:
        DatabaseError: as of every statement.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    rows: list[tuple[Any, ...]] = database.fetch(text, values, is_raw=is_raw)
    return rows
