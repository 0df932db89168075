"""A connection that comes from the pool leaves Django's wrapper as Django's own way leaves it."""

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg.pq import TransactionStatus

pytestmark = pytest.mark.usefixtures("stage")
# Which connection it is, until when it is kept, and how far its statements were counted.
OWN = ("connection", "close_at")


@pytest.fixture
def wrapper():
    """This thread's, whose pool is open, without a connection."""
    connection.ensure_connection()
    connection.close()
    yield connection
    connection.close()


def state_after(connect):
    connect()
    state = {name: value for name, value in vars(connection).items() if name not in OWN}
    kept_for_long = connection.close_at is None
    connection.close()
    return {**state, "kept for long": kept_for_long, "savepoint_ids": list(connection.savepoint_ids)}


def test_the_state_is_djangos(wrapper):
    djangos = state_after(lambda: DatabaseWrapper.connect(wrapper))

    assert state_after(wrapper.connect) == djangos
    assert wrapper.pool


def given_back_inside_a_transaction(wrapper):
    """Let go of the connection in the middle; by which session it was."""
    with suppress(LookupError), transaction.atomic():
        pid = session_of(wrapper)
        wrapper.close()
        raise LookupError
    return pid


def session_of(wrapper):
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_what_a_transaction_that_lost_its_connection_left_behind_is_forgotten(wrapper):
    given_back_inside_a_transaction(wrapper)

    assert (wrapper.in_atomic_block, wrapper.connection) == (False, None)
    with transaction.atomic():
        assert session_of(wrapper)
    assert wrapper.get_autocommit()


def test_one_that_was_given_back_inside_a_transaction_commits_by_itself_again(wrapper):
    before, seen = given_back_inside_a_transaction(wrapper), set()
    for _ in range(wrapper.pool.get_stats()["pool_size"]):
        seen.add(session_of(wrapper))
        assert wrapper.connection.autocommit
        assert wrapper.connection.info.transaction_status == TransactionStatus.IDLE
        wrapper.close()

    assert before in seen


def test_autocommit_is_not_changed_inside_a_transaction(wrapper):
    with transaction.atomic(), wrapper.cursor() as cursor:
        cursor.execute("SELECT 1")
        with pytest.raises(Exception, match="can't change 'autocommit' now"):
            wrapper._set_autocommit(True)
