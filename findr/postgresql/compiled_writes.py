"""Compiled writes: rows whose INSERT and UPDATE are made once for each set of columns (see `compiled_queries`).

Inside a service they wait for the others that it writes (`unit_of_work`).
"""

from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Any, cast
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.expressions import DatabaseDefault, Value

from findr.postgresql.new_rows import NewRow
from findr.postgresql.unit_of_work import Write, wait, write_now

# The type whose values need no preparation: Django's own gives them back, or, of numbers, in the type of their column.
PREPARED: dict[type[models.Field[Any, Any]], type] = {
    models.CharField: str,
    models.EmailField: str,
    models.TextField: str,
    models.UUIDField: UUID,
    models.BooleanField: bool,
    models.DateTimeField: datetime,
    models.IntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.BigIntegerField: int,
    models.PositiveBigIntegerField: int,
}
# With these a field gives back what the row has: none makes a moment by itself (tests/test_one_clock.py).
READ = (models.Field.pre_save, models.DateTimeField.pre_save)


class CompiledWrites(NewRow):
    """A row that is inserted and updated with SQL made once for each set of columns.

    Where a value is an expression, or a column wants a placeholder of its own, Django writes the row as ever.
    """

    class Meta:
        abstract = True

    def save(self, *args: Any, **words: Any) -> None:
        """As Django's, which looks for parents and listeners that such a row does not have (signals are not used here).

        Raises:
            DatabaseError: the row to be updated is not there. Inside a service, at the next statement or at its end.
        """
        write = None if args else _write_of(self, **words)
        if write is None:
            super().save(*args, **words)
            return
        if not wait(write):
            write_now([write])
        self._state.db, self._state.adding = DEFAULT_DB_ALIAS, False


@dataclass(frozen=True)
class Column:
    """One that is written.

    Attributes:
        is_read: its value is read from the row, and not made by the field when the row is saved.
        plain: values of these types need no preparation.
        prepared: those of this type need little; of moments, those with a zone.
        number: the type of number that psycopg is given, if it is one.
    """

    field: Any
    name: str
    attname: str
    is_read: bool
    plain: tuple[type, ...]
    prepared: type | None
    number: type | None

    def prepare(self, value: Any, row: models.Model) -> Any:
        """What is to stand there, as psycopg wants it; an expression as it is."""
        if type(value) is self.prepared and (type(value) is not datetime or value.tzinfo is not None):
            return self.number(value) if self.number else value
        if self.prepared is str and isinstance(value, str):
            return str.__str__(value)  # A word of an enumeration.
        if isinstance(value, DatabaseDefault) and isinstance(constant := cast("Any", value).expression, Value):
            # The database's own default, where it is a constant.
            value = constant.value
            setattr(row, self.attname, value)
        if hasattr(value, "resolve_expression"):
            return value
        return self.field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def _write_of(
    row: models.Model, *, force_insert: Any = False, update_fields: Any = None, **others: Any
) -> Write | None:
    """How the row is written; None if Django has to do it."""
    if others or bool(force_insert) == bool(update_fields):  # Nobody says which of the two it is.
        return None
    is_new = not update_fields
    values: dict[str, Any] = {}
    for column in columns_of(row, frozenset(update_fields or ())):
        value: Any = getattr(row, column.attname) if column.is_read else column.field.pre_save(row, add=is_new)
        if type(value) not in column.plain:
            value = column.prepare(value, row)
            if hasattr(value, "resolve_expression"):
                return None
        values[column.name] = value
    return Write(row, is_new=is_new, values=values) if values else None


_columns: dict[Any, list[Column]] = {}


def columns_of(row: models.Model, update_fields: frozenset[str]) -> list[Column]:
    """The columns to be written: these, or all but the key that the database gives; none if Django has to write them."""
    key = (type(row), update_fields, row.pk is None)
    if key not in _columns:
        fields = row._meta.local_concrete_fields
        if update_fields - {name for one in fields if not one.primary_key for name in (one.name, one.attname)}:
            return []
        if update_fields:
            chosen = [one for one in fields if {one.name, one.attname} & update_fields]
        else:
            chosen = [one for one in fields if row.pk is not None or one is not row._meta.auto_field]
        is_plain = not any(hasattr(one, "get_placeholder") for one in chosen)
        _columns[key] = [_column(one) for one in chosen if not one.generated] if is_plain else []
    return _columns[key]


def _column(field: Any) -> Column:
    stored = field.target_field if field.is_relation else field
    prepared = PREPARED.get(type(stored))
    plain = (prepared, NoneType) if prepared in (str, UUID, bool) else (NoneType,)
    return Column(
        field,
        field.column,
        field.attname,
        is_read=type(field).pre_save in READ,
        plain=plain if prepared else (),
        prepared=prepared,
        number=type(stored.get_db_prep_save(0, connections[DEFAULT_DB_ALIAS])) if prepared is int else None,
    )
