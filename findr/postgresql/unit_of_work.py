"""A unit of work: the rows that a service writes wait, and are written in one statement.

A statement costs the web process and PostgreSQL more than the row that it writes. What waits is written before anything
else is asked of the database, so that a read sees all that was written before it (SQLAlchemy's autoflush), and at the
latest before the commit; a service that fails writes nothing. What a constraint forbids is raised then, and not where the
row was saved: whoever has something to do about a refusal writes with a statement of its own (`bookings.holds`).

https://docs.sqlalchemy.org/en/20/orm/session_basics.html#flushing
https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import local
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, models

from findr.postgresql.statements import fetch


@dataclass(slots=True)
class Write:
    """A row that is to be written.

    Attributes:
        is_new: it is inserted; else updated.
        values: by the name of the column, as the database takes them.
    """

    row: models.Model
    is_new: bool
    values: dict[str, Any]


class _Waiting(local):
    """What this thread's open unit of work has not written yet; `writes` is None when none is open.

    Attributes:
        writes: by table and key.
        database: this thread's.
        savepoints: how many there were when the unit began.
    """

    writes: dict[Any, Write] | None = None
    database: Any
    savepoints: int


# Writes of one table and the same columns: an update by itself, inserts together, in their order.
_Part = list[Write]
_waiting = _Waiting()
_texts: dict[Any, str] = {}


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Inside the block, which is a transaction's, what is given to `wait` is written together."""
    _waiting.writes, _waiting.database = {}, connections[DEFAULT_DB_ALIAS]
    _waiting.savepoints = len(_waiting.database.savepoint_ids)
    try:
        yield
        flush()
    finally:
        _waiting.writes = None


def may_wait() -> bool:
    """Whether a unit of work is open; not inside a savepoint, which may be undone alone."""
    return _waiting.writes is not None and len(_waiting.database.savepoint_ids) == _waiting.savepoints


def wait(write: Write) -> bool:
    """Have this written with all else that waits; False where nothing may wait, and the caller writes it now."""
    if _waiting.writes is None or not may_wait():
        return False
    key = (type(write.row), write.row.pk or id(write))
    before = _waiting.writes.get(key)
    if before is not None and not write.is_new:
        before.values.update(write.values)  # A statement writes a row once.
        return True
    if any(model is key[0] and one.is_new != write.is_new for (model, _), one in _waiting.writes.items()):
        flush()  # What makes room in a table is written before what takes it.
    _waiting.writes[key] = write
    return True


def flush() -> None:
    """Write what waits.

    Raises:
        DatabaseError: a row to be updated is not there, or a constraint forbids one.
    """
    if _waiting.writes:
        writes, _waiting.writes = list(_waiting.writes.values()), {}
        write_now(writes)


def write_now(writes: list[Write]) -> None:
    """Write these now, each of another row, in one statement.

    Raises:
        DatabaseError: as `flush`.
    """
    parts = _parts(writes)
    shape = tuple((type(part[0].row), part[0].is_new, len(part), *part[0].values) for part in parts)
    if shape not in _texts:
        _texts[shape] = _text(parts)
    values = [value for part in parts for write in part for value in _parameters(write)]
    (written,) = fetch(_texts[shape], values, is_raw=True)
    for part, keys in zip(parts, written, strict=True):
        _note(part, keys or [])


def _parts(writes: list[Write]) -> list[_Part]:
    parts: dict[Any, _Part] = {}
    for write in writes:
        alone = None if write.is_new else write.row.pk
        parts.setdefault((type(write.row), alone, *write.values), []).append(write)
    return list(parts.values())


def _parameters(write: Write) -> Sequence[Any]:
    values = list(write.values.values())
    return values if write.is_new else [*values, write.row._meta.pk.get_db_prep_save(write.row.pk, connection)]


def _note(part: _Part, keys: list[Any]) -> None:
    """What has become of it."""
    if len(keys) < len(part):
        raise DatabaseError(f"{type(part[0].row).__name__} {part[0].row.pk} is not there to be written.")
    if part[0].row.pk is None:  # The database numbers them in the order in which they come.
        for write, key in zip(part, sorted(keys), strict=True):
            write.row.pk = key


def _text(parts: list[_Part]) -> str:
    """One statement, which answers with the keys of what each part has written.

    Asked for in this order, the parts are written in this order, though each sees the tables as they were before.
    """
    numbers = iter(range(1, 1 + sum(len(_parameters(write)) for part in parts for write in part)))
    texts = [_insert(part, numbers) if part[0].is_new else _update(part[0], numbers) for part in parts]
    written = ", ".join(f"w{place} AS ({text})" for place, text in enumerate(texts))
    keys = ", ".join(f"(SELECT array_agg(key) FROM w{place})" for place in range(len(texts)))  # noqa: S608 (no values)
    return f"WITH {written} SELECT {keys}"


def _insert(part: _Part, numbers: Iterator[int]) -> str:
    rows = ", ".join(f"({', '.join(f'${next(numbers)}' for _ in write.values)})" for write in part)
    columns = ", ".join(map(_quoted, part[0].values))
    return f"INSERT INTO {_table(part[0])} ({columns}) VALUES {rows} RETURNING {_key(part[0])} AS key"  # noqa: S608


def _update(write: Write, numbers: Iterator[int]) -> str:
    changes = ", ".join(f"{_quoted(column)} = ${next(numbers)}" for column in write.values)
    key = _key(write)
    return f"UPDATE {_table(write)} SET {changes} WHERE {key} = ${next(numbers)} RETURNING {key} AS key"  # noqa: S608


def _key(write: Write) -> str:
    return _quoted(str(write.row._meta.pk.column))


def _table(write: Write) -> str:
    return _quoted(write.row._meta.db_table)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
