"""Compiled writes: rows whose INSERT and UPDATE are made once for each set of columns (see `compiled_queries`).

Inside a service they wait for the others that it writes (`unit_of_work`).
"""

from typing import Any, cast

from django.db import connections, models
from django.db.models.expressions import DatabaseDefault, Value

from findr.postgresql.unit_of_work import Write, wait, write_now


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
            DatabaseError: the row to be updated is not there. Inside a service, at the next statement or at its end.
        """
        given = _given(self, update_fields) if _is_known(raw, force_insert, update_fields) else []
        if not given or not _is_plain(given):
            super().save_base(raw, force_insert, force_update, using, update_fields)
            return
        database = connections[using]
        values = {field.column: field.get_db_prep_save(value, database) for field, value in given}
        write = Write(self, is_new=not update_fields, values=values)
        if not wait(write):
            write_now([write])
        self._state.db, self._state.adding = using, False


# A column and what is to stand in it.
Given = tuple[Any, Any]
_fields: dict[Any, list[Any]] = {}


def _is_known(raw: bool, force_insert: Any, update_fields: Any) -> bool:
    """Whether it is said which of the two it is."""
    return not raw and bool(force_insert) != bool(update_fields)


def _given(row: models.Model, update_fields: Any) -> list[Given]:
    """The columns to be written: all but the key that the database gives."""
    key = (type(row), update_fields, row.pk is None)
    if key not in _fields:
        fields = row._meta.local_concrete_fields
        if update_fields:
            chosen = [one for one in fields if {one.name, one.attname} & update_fields and not one.primary_key]
        else:
            chosen = [one for one in fields if row.pk is not None or one is not row._meta.auto_field]
        _fields[key] = [one for one in chosen if not one.generated]
    return [(field, _value(row, field, is_new=not update_fields)) for field in _fields[key]]


def _value(row: models.Model, field: Any, *, is_new: bool) -> Any:
    """What is to stand there; for the database's own default, where it is a constant, that one."""
    value: Any = field.pre_save(row, add=is_new)
    if isinstance(value, DatabaseDefault) and isinstance(constant := cast("Any", value).expression, Value):
        value = constant.value
        setattr(row, field.attname, value)
    return value


def _is_plain(given: list[Given]) -> bool:
    return not any(hasattr(value, "resolve_expression") or hasattr(field, "get_placeholder") for field, value in given)
