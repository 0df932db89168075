"""Things of several kinds, written by one statement: what a service promises, and what it tells people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from findr.postgresql.statements import fetch

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Writer(Generic[T]):
    """How any number of things of one kind are written.

    Attributes:
        parts: of a WITH clause; they change tables. Names and placeholders are no other writer's.
        values: for the placeholders.
        rows: a SELECT of what the parts give back; blank if they give nothing.
        done: called with the things, and with these rows, when they are written.
    """

    parts: str
    values: Callable[[list[T]], dict[str, Any]]
    done: Callable[[list[T], list[tuple[Any, ...]]], None]
    rows: str = ""


def write(gathered: Mapping[Writer[Any], list[Any]]) -> None:
    """Write them all in one statement.

    Raises:
        DatabaseError: as of every statement; nothing is written then.
        TypeError: two of the writers give something back.
    """
    values: dict[str, Any] = {}
    for writer, things in gathered.items():
        values |= writer.values(things)
    rows = fetch(_text(tuple(gathered)), values)
    for writer, things in gathered.items():
        writer.done(things, rows if writer.rows else [])


@cache
def _text(writers: tuple[Writer[Any], ...]) -> str:
    giving = [writer.rows for writer in writers if writer.rows]
    if len(giving) > 1:
        raise TypeError("One statement gives back the rows of one writer.")
    return f"WITH {', '.join(writer.parts for writer in writers)} {giving[0] if giving else 'SELECT'}"
