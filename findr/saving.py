"""Saving named columns, and no others: what somebody else changed meanwhile stays."""

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError

from findr import clock
from findr.postgresql.many_rows import insert_rows


def save(row: Any, **fields: Any) -> None:
    """Set and save exactly these fields, and the moment where the row keeps one (`updated_at`).

    Raises:
        TypeError: one of them is a state: whoever writes that says so (`save_state`).
    """
    if "state" in fields:
        raise TypeError(f"The state of {row} is not saved along with other fields.")
    _write([row], fields)


def save_state(row: Any, state: str, **fields: Any) -> None:
    """As `save`, with another state: for the few functions that move a row from one to another."""
    _write([row], {"state": state, **fields})


def save_states(rows: Sequence[Any], state: str, **fields: Any) -> None:
    """As `save_state`, of rows of one model that all change in the same way, in one statement.

    Raises:
        DatabaseError: one of them is not there any more.
    """
    _write(rows, {"state": state, **fields})


def _write(rows: Sequence[Any], fields: dict[str, Any]) -> None:
    if hasattr(rows[0], "updated_at"):
        fields["updated_at"] = clock.now()
    for row in rows:
        for name, value in fields.items():
            setattr(row, name, value)
    if len(rows) == 1:
        rows[0].save(update_fields=list(fields))
    elif _update(rows, fields) < len(rows):
        raise DatabaseError("Not all of the rows to be saved are there.")


def _update(rows: Sequence[Any], fields: dict[str, Any]) -> int:
    stored = type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows])
    return int(stored.update(**fields))


def insert(rows: Sequence[Any]) -> None:
    """Write new rows of one model, in one statement; nothing if there are none."""
    if len(rows) == 1:
        rows[0].save(force_insert=True)
    elif rows:
        insert_rows(rows)
