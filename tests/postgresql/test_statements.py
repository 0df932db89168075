"""Statements that are prepared: they answer as any other, on whichever connection, after whatever came before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from findr.postgresql import base
from findr.postgresql.statements import fetch
from findr.postgresql.writers import Writer, write

SHOW = "SELECT %s::text, %s::int"
TYPES = "SELECT %s, %s, %s"

pytestmark = pytest.mark.usefixtures("stage")


def kept():
    connection.ensure_connection()
    return vars(connection.connection).get("prepared_statements", {})


def prepared():
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [text for (text,) in cursor.fetchall()]


def test_what_is_asked_often_is_prepared_once_for_the_types_of_its_values():
    text = "SELECT 'once', %s::bigint"
    for number in range(6):
        assert fetch(text, [number]) == [("once", number)]
        assert len([one for one in prepared() if "'once'" in one]) == (number >= 3)
    for _ in range(6):
        assert fetch(text, [2**40]) == [("once", 2**40)]
    assert len([one for one in prepared() if "'once'" in one]) == 2


def test_what_psycopg_does_away_with_is_prepared_again():
    """It forgets all of them after a ROLLBACK."""
    for _ in range(6):
        fetch(SHOW, ["a", 1])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT of_this_test")
        cursor.execute("ROLLBACK TO SAVEPOINT of_this_test")
    assert [one for one in prepared() if "::text" in one] == []

    assert [fetch(SHOW, ["a", number]) for number in range(6)] == [[("a", number)] for number in range(6)]


def test_a_prepared_statement_that_is_not_there_any_more_is_prepared_again():
    for _ in range(6):
        fetch(SHOW, ["a", 1])
    names = connection.connection._prepared._names
    pgconn = connection.connection.pgconn
    for name in names.values():
        pgconn.exec_(b"DEALLOCATE " + name)
    with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
        fetch(SHOW, ["a", 1])

    assert [fetch(SHOW, ["a", number]) for number in range(6)] == [[("a", number)] for number in range(6)]


@pytest.mark.parametrize("is_prepared", [True, False])
def test_a_connection_that_postgresql_ends_is_djangos_error(is_prepared):
    text = "SELECT pg_sleep(%s::int)"
    for _ in range(6 if is_prepared else 0):
        fetch(text, [0])
    ((pid,),) = fetch("SELECT pg_backend_pid()", [])
    with ThreadPoolExecutor(1) as other:
        other.submit(end, pid).result()

    with pytest.raises(OperationalError):
        fetch(text, [10])
    connection.close()
    assert fetch(text, [0]) == [("",)]


def end(pid):
    try:
        fetch("SELECT pg_terminate_backend(%s)", [pid])
    finally:
        connection.close()


def test_values_of_other_types_are_passed_as_they_are():
    moment, key = datetime(2026, 11, 26, 9, tzinfo=UTC), UUID(int=7)
    for values in ([1, "a", moment], [2**40, key, None], ["x", [1, 2], True], [1, "a", moment]):
        assert fetch(TYPES, values) == [tuple(values)]


def test_many_rows_then_one_then_none():
    text = "SELECT generate_series(1, %s)"
    assert [len(fetch(text, [number])) for number in (500, 1, 0, 3)] == [500, 1, 0, 3]


def test_more_than_a_socket_holds_passes_both_ways():
    for _ in range(5):
        assert fetch("SELECT length(%s::text), repeat('y', %s::int)", ["x" * 9_000_000, 9_000_000]) == [
            (9_000_000, "y" * 9_000_000)
        ]


def test_what_gives_no_rows_gives_none():
    assert fetch("SET LOCAL statement_timeout = 1000", []) == []


def test_postgresqls_own_placeholders():
    assert fetch("SELECT $2::int, $1::text", ["a", 5], is_raw=True) == [(5, "a")]


def test_after_a_refusal_it_is_asked_again():
    for _ in range(5):
        with pytest.raises(DataError):
            fetch("SELECT 1 / %s::int", [0])
        assert fetch("SELECT 1 / %s::int", [1]) == [(1,)]


def test_in_a_transaction_that_failed_it_is_refused():
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            fetch("INSERT INTO accounts_user (id) VALUES (%s)", [UUID(int=1)])
        assert fetch(SHOW, ["a", 1]) == [("a", 1)]
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            fetch(SHOW, ["a", 1])
        transaction.set_rollback(False)


@pytest.mark.parametrize("is_raw", [True, False])
@pytest.mark.parametrize("is_kept", [True, False])
def test_a_connection_that_is_lost_is_djangos_error(is_raw, is_kept):
    """Found by chaos: psycopg's own error, when a cursor is made, was answered 500."""
    if is_kept:
        fetch("SELECT 1", [], is_raw=is_raw)
    connection.ensure_connection()
    connection.connection.close()

    with pytest.raises(OperationalError):
        fetch("SELECT 1", [], is_raw=is_raw)
    connection.close()
    assert fetch("SELECT 1", [], is_raw=is_raw) == [(1,)]


def test_each_connection_has_its_own():
    def ask(number):
        try:
            return fetch("SELECT %s::int, pg_backend_pid() FROM pg_sleep(0.1)", [number])[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(8)))

    assert [number for number, _ in answers] == list(range(8))
    assert len({pid for _, pid in answers}) > 1


def test_a_table_that_changes_is_read_as_it_is():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE changing (a int)")
        cursor.execute("INSERT INTO changing VALUES (1)")
    text = "SELECT * FROM changing"
    for _ in range(10):
        assert fetch(text, []) == [(1,)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE changing ALTER a TYPE text")
        cursor.execute("DISCARD PLANS")
    # PostgreSQL refuses the plan that it knew, once: another is made.
    answers = []
    for _ in range(2):
        try:
            answers.append(fetch(text, []))
        except DatabaseError as error:
            answers.append(type(error).__name__)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE changing")
    assert answers[-1] == [("1",)]


def test_texts_that_are_made_up_do_not_pile_up():
    text = "SELECT 'often', %s::int"
    for number in range(2 * base.MOST_STATEMENTS + 20):
        fetch(f"SELECT {number}", [])
        fetch(text, [number])

    assert len(kept()) <= base.MOST_STATEMENTS
    assert len([one for one in prepared() if "'often'" in one]) == 1


@pytest.mark.parametrize("text", ["SELECT WHERE %s", "SELECT 1 WHERE %s", "SET LOCAL jit = off"])
@pytest.mark.parametrize("value", [True, False])
def test_whoever_looks_at_a_statement_changes_nothing(text, value):
    values = [value] if "%s" in text else []
    alone = fetch(text, values)
    with CaptureQueriesContext(connection):
        assert fetch(text, values) == alone
    assert len(alone) == (value and "SELECT" in text)


def test_whoever_looks_at_statements_sees_them():
    with CaptureQueriesContext(connection) as seen:
        fetch(SHOW, ["a", 1])
        fetch("SELECT $1::int", [5], is_raw=True)

    assert ["a" in seen.captured_queries[0]["sql"], len(seen.captured_queries)] == [True, 2]


def test_several_writers_make_one_statement():
    done = []

    def writer(name, rows=""):
        return Writer(
            f"{name} AS (INSERT INTO notifications_feedcounter SELECT unnest(%({name})s::uuid[]), 1 RETURNING recipient)",
            lambda things: {name: things},
            lambda things, found: done.append((name, things, found)),
            rows,
        )

    first, second = writer("one"), writer("two", "SELECT recipient FROM two ORDER BY recipient")
    with CaptureQueriesContext(connection) as seen, transaction.atomic():
        write({first: [UUID(int=1)], second: [UUID(int=2), UUID(int=3)]})

    assert len([one for one in seen.captured_queries if one["sql"].startswith("WITH")]) == 1
    assert done == [
        ("one", [UUID(int=1)], []),
        ("two", [UUID(int=2), UUID(int=3)], [(UUID(int=2),), (UUID(int=3),)]),
    ]
    with pytest.raises(TypeError, match="of one writer"):
        write({second: [], writer("three", "SELECT 1"): []})
