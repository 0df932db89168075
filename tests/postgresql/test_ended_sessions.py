"""Sessions that ended while they were idle, as all do when PostgreSQL is started again: no call is given one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import connection

AT_ONCE = 4
END_ALL_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()
"""

pytestmark = pytest.mark.usefixtures("stage")


@pytest.fixture
def sessions_of_calls():
    """Ask the database something from several threads at once, and let go of each session; by which they were answered."""

    connection.close()
    connection.close_pool()  # Which may be large by now: the same sessions would not come back.

    def ask(meet, also):
        with connection.cursor() as cursor:
            cursor.execute(also)
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
            meet.wait(timeout=30)
        connection.close()
        return pid

    def run(also="SELECT 1"):
        meet = Barrier(AT_ONCE)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return set(pool.map(lambda _: ask(meet, also), range(AT_ONCE)))

    return run


def test_no_call_gets_a_session_that_ended_while_it_was_idle(sessions_of_calls):
    before = sessions_of_calls()
    with connection.cursor() as cursor:
        cursor.execute(END_ALL_OTHERS)

    after = sessions_of_calls()

    assert len(before) == len(after) == AT_ONCE
    assert not before & after


def test_a_session_that_was_told_something_else_is_used_again(sessions_of_calls):
    before = sessions_of_calls("LISTEN anything")
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("NOTIFY anything")

    assert before & sessions_of_calls("UNLISTEN *")
