"""Compiled writes: rows whose INSERT and UPDATE are made once for each set of columns (see `compiled_queries`)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import DatabaseError, connection, connections, models, transaction
from django.db.models.expressions import DatabaseDefault


class CompiledWrites(models.Model):
    """A row that is inserted and updated with SQL made once for each set of columns.

    Where a value is an expression, or a column wants a placeholder of its own, Django writes the row as ever.
    """

    class Meta:
        abstract = True

    def save_base(
        self,
        raw: bool = False,
        force_insert: Any = False,
        force_update: bool = False,
        using: Any = None,
        update_fields: Any = None,
    ) -> None:
        """As Django's, which looks for parents and listeners that such a row does not have (signals are not used here).

        Raises:
            DatabaseError: the row to be updated is not there.
        """
        given = _given(self, update_fields) if _is_known(raw, force_insert, update_fields) else []
        if not given or not _is_plain(given):
            super().save_base(raw, force_insert, force_update, using, update_fields)
            return
        with transaction.mark_for_rollback_on_error(using=using):
            if update_fields:
                _update(self, given, connections[using])
            else:
                _insert(self, given, connections[using])
        self._state.db, self._state.adding = using, False


# A column and what is to stand in it.
Given = tuple[Any, Any]
_fields: dict[Any, list[Any]] = {}
_texts: dict[Any, str] = {}


def _is_known(raw: bool, force_insert: Any, update_fields: Any) -> bool:
    """Whether it is said which of the two it is."""
    return not raw and bool(force_insert) != bool(update_fields)


def _given(row: models.Model, update_fields: Any) -> list[Given]:
    """The columns to be written. What has no value but PostgreSQL's own is left to it."""
    key = (type(row), update_fields, row.pk is None)
    if key not in _fields:
        fields = row._meta.local_concrete_fields
        if update_fields:
            chosen = [one for one in fields if {one.name, one.attname} & update_fields and not one.primary_key]
        else:
            chosen = [one for one in fields if row.pk is not None or one is not row._meta.auto_field]
        _fields[key] = [one for one in chosen if not one.generated]
    given = [(field, field.pre_save(row, add=not update_fields)) for field in _fields[key]]
    return [(field, value) for field, value in given if not isinstance(value, DatabaseDefault)]


def _insert(row: models.Model, given: list[Given], database: Any) -> None:
    returning = row._meta.db_returning_fields
    text = _text(row, "insert", given, lambda: _insert_text(row, given, returning))
    with database.cursor() as cursor:
        cursor.execute(text, _prepare(given, database))
        values = cursor.fetchone() if returning else ()
    for field, value in zip(returning, values, strict=True):
        setattr(row, field.attname, value)


def _update(row: models.Model, given: list[Given], database: Any) -> None:
    text = _text(row, "update", given, lambda: _update_text(row, given))
    with database.cursor() as cursor:
        cursor.execute(text, _prepare([*given, (row._meta.pk, row.pk)], database))
        if not cursor.rowcount:
            raise DatabaseError("Save with update_fields did not affect any rows.")


def _text(row: models.Model, verb: str, given: list[Given], make: Callable[[], str]) -> str:
    """The statement, made once."""
    key = (type(row), verb, *[field.attname for field, _ in given])
    if key not in _texts:
        _texts[key] = make()
    return _texts[key]


def _insert_text(row: models.Model, given: list[Given], returning: Sequence[Any]) -> str:
    places = ", ".join(["%s"] * len(given))
    columns = _columns(field for field, _ in given)
    text = f"INSERT INTO {_quoted(row._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 (no values)
    return f"{text} RETURNING {_columns(returning)}" if returning else text


def _update_text(row: models.Model, given: list[Given]) -> str:
    changes = ", ".join(f"{_quoted(field.column)} = %s" for field, _ in given)
    return f"UPDATE {_quoted(row._meta.db_table)} SET {changes} WHERE {_columns([row._meta.pk])} = %s"  # noqa: S608


def _columns(fields: Iterable[Any]) -> str:
    return ", ".join(_quoted(field.column) for field in fields)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _is_plain(given: list[Given]) -> bool:
    return not any(hasattr(value, "resolve_expression") or hasattr(field, "get_placeholder") for field, value in given)


def _prepare(given: list[Given], database: Any) -> list[Any]:
    return [field.get_db_prep_save(value, database) for field, value in given]
