"""Compiled writes: rows whose INSERT and UPDATE are made once for each set of columns (see `compiled_queries`)."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, connections, models
from django.db.models.expressions import DatabaseDefault


class CompiledWrites(models.Model):
    """A row that is inserted and updated with SQL made once for each set of columns.

    Where a value is an expression, or a column wants a placeholder of its own, Django writes the row as ever.
    """

    class Meta:
        abstract = True

    def _do_insert(self, manager: Any, using: str, fields: Any, returning_fields: Any, raw: bool) -> Any:
        given = [(field, field.pre_save(self, add=True)) for field in fields]
        # What has no value but PostgreSQL's own is left to it.
        given = [(field, value) for field, value in given if not isinstance(value, DatabaseDefault)]
        if raw or not _is_plain(given):
            return super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]
        text, database = _text(self, "insert", given, returning_fields), connections[using]
        with database.cursor() as cursor:
            cursor.execute(text, _prepare(given, database))
            return cursor.fetchall() if returning_fields else []

    def _do_update(  # type: ignore[override]  # Django 5.2's; the stubs know a later one.
        self, base_qs: Any, using: str, pk_val: Any, values: Any, update_fields: Any, forced_update: bool
    ) -> bool:
        given = [(field, value) for field, _, value in values]
        if not given or not _is_plain(given):
            return bool(super()._do_update(base_qs, using, pk_val, values, update_fields, forced_update))  # type: ignore[call-arg]
        text, database = _text(self, "update", given), connections[using]
        with database.cursor() as cursor:
            cursor.execute(text, _prepare([*given, (self._meta.pk, pk_val)], database))
            return bool(cursor.rowcount)


# A column and what is to stand in it.
Given = tuple[Any, Any]
_texts: dict[Any, str] = {}


def _text(row: models.Model, verb: str, given: list[Given], returning: Sequence[Any] = ()) -> str:
    """The statement, made once."""
    fields = tuple(field for field, _ in given)
    key = (type(row), verb, fields)
    if key not in _texts:
        _texts[key] = _insert(row, fields, returning) if verb == "insert" else _update(row, fields)
    return _texts[key]


def _insert(row: models.Model, fields: Sequence[Any], returning: Sequence[Any]) -> str:
    places = ", ".join(["%s"] * len(fields))
    text = f"INSERT INTO {_quoted(row._meta.db_table)} ({_columns(fields)}) VALUES ({places})"  # noqa: S608 (no values)
    return f"{text} RETURNING {_columns(returning)}" if returning else text


def _update(row: models.Model, fields: Sequence[Any]) -> str:
    changes = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    return f"UPDATE {_quoted(row._meta.db_table)} SET {changes} WHERE {_columns([row._meta.pk])} = %s"  # noqa: S608


def _columns(fields: Sequence[Any]) -> str:
    return ", ".join(_quoted(field.column) for field in fields)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _is_plain(given: list[Given]) -> bool:
    return not any(hasattr(value, "resolve_expression") or hasattr(field, "get_placeholder") for field, value in given)


def _prepare(given: list[Given], database: Any) -> list[Any]:
    return [field.get_db_prep_save(value, database) for field, value in given]
