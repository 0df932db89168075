"""Every index is written with each change of its row: none is kept that another one makes up for, and none is missing that deleting needs."""

import pytest
from django.apps import apps
from django.db import connection

OURS = ("accounts", "providers", "notifications", "calendars", "bookings", "findr")
# The indexes of a table: name, whether unique, columns with their operator classes in order, the condition.
INDEXES = """
    SELECT c.relname, i.indisunique, array_agg(i.indkey[n] || ':' || i.indclass[n] ORDER BY n), pg_get_expr(i.indpred, i.indrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid, generate_series(0, i.indnkeyatts - 1) n
    WHERE i.indrelid = %s::regclass GROUP BY 1, 2, 4 ORDER BY 1
"""
COLUMN = "SELECT attnum::text FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s"
# What is written with each booking, or with each call about one.
HOT = sorted(
    model._meta.db_table for label in ("notifications", "bookings") for model in apps.get_app_config(label).get_models()
)


def indexes_of(table):
    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [table])
        return cursor.fetchall()


@pytest.mark.usefixtures("transactional_db")
def test_no_index_begins_another():
    made_up_for = {
        (name, other)
        for table in HOT
        for name, unique, columns, condition in indexes_of(table)
        for other, _, longer, others in indexes_of(table)
        if not unique and name != other and longer[: len(columns)] == columns and others in (None, condition)
    }

    assert made_up_for == set()


@pytest.mark.usefixtures("transactional_db")
def test_whatever_refers_to_a_row_is_found_when_it_is_deleted():
    missing = [
        (model._meta.db_table, field.column)
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.local_fields
        if field.is_relation and not is_found(model._meta.db_table, field.column)
    ]

    assert missing == []


def is_found(table, column):
    """Whether an index begins with it, of all rows or of those in which it is not null."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMN, [table, column])
        (number,) = cursor.fetchone()
    all_of_them = (None, f"({column} IS NOT NULL)")
    return any(
        columns[0].startswith(f"{number}:") and condition in all_of_them
        for _, _, columns, condition in indexes_of(table)
    )
