"""Many new rows of one model in one statement, whose text is made once however many they are.

Django's `bulk_create` makes the text anew each time, with a placeholder for each value of each row. Here the rows are one
value: JSON, which PostgreSQL reads as rows of the table's own types.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Write new rows of one model, in their order; those whose key the database gives have it then."""
    model, columns = type(rows[0]), [field for field in rows[0]._meta.concrete_fields if _is_given(rows[0], field)]
    given = [{field.column: _value(row, field) for field in columns} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_text(model, tuple(columns)), [json.dumps(given, default=str)])
        keys = sorted(key for (key,) in cursor.fetchall())
    if model._meta.pk not in columns:  # The database numbers them in the order in which they come.
        for row, key in zip(rows, keys, strict=True):
            row.pk = key
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _is_given(row: models.Model, field: Any) -> bool:
    value = getattr(row, field.attname)
    return not isinstance(value, DatabaseDefault) and not (field.primary_key and value is None)


def _value(row: models.Model, field: Any) -> Any:
    """As `json` takes it; moments and ids as their text."""
    value = field.pre_save(row, add=True)
    return value if isinstance(field, models.JSONField) else field.get_prep_value(value)


@cache
def _text(model: type[models.Model], columns: tuple[Any, ...]) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in columns)
    types = ", ".join(f"{quote(field.column)} {field.rel_db_type(connection)}" for field in columns)
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM ROWS FROM (jsonb_to_recordset(%s) AS ({types}))"  # noqa: S608
        f" WITH ORDINALITY AS given ({names}, place) ORDER BY place RETURNING {key}"
    )
