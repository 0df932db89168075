"""A connection that comes from the pool leaves Django's wrapper as Django's own way leaves it."""

from contextlib import suppress
from time import monotonic

import psycopg
import pytest
from django.db import DEFAULT_DB_ALIAS, IntegrityError, OperationalError, connection, connections, transaction
from django.db.backends.base.base import RAN_DB_VERSION_CHECK
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout

from findr.transactions import durable

pytestmark = pytest.mark.usefixtures("stage")
# Which connection it is, and until when it is kept.
OWN = ("connection", "close_at")
# What an earlier connection may have left behind, each thing other than a new one has it.
LEFT_BEHIND = {
    **dict.fromkeys(("in_atomic_block", "needs_rollback", "closed_in_transaction", "errors_occurred"), True),
    "health_check_enabled": True,
    "health_check_done": False,
    "autocommit": False,
    "close_at": None,
}


@pytest.fixture
def wrapper():
    """This thread's own, not what stands for it; its pool is open, and it has no connection."""
    wrapper = connections[DEFAULT_DB_ALIAS]
    wrapper.ensure_connection()
    wrapper.close()
    yield wrapper
    wrapper.close()


def state_after(wrapper, connect):
    vars(wrapper).update(LEFT_BEHIND)
    wrapper.savepoint_ids, wrapper.atomic_blocks = ["s1"], [transaction.atomic()]
    wrapper.run_on_commit = [({"s1"}, print, True)]
    connect(wrapper)
    state = {name: value for name, value in vars(wrapper).items() if name not in OWN}
    kept_for_long = wrapper.close_at is None
    wrapper.close()
    return {**state, "kept for long": kept_for_long}


def test_the_state_is_djangos(wrapper):
    djangos = state_after(wrapper, DatabaseWrapper.connect)

    assert state_after(wrapper, type(wrapper).connect) == djangos
    assert wrapper.pool
    assert djangos.items() >= {"in_atomic_block": False, "run_on_commit": [], "autocommit": True}.items()


@pytest.fixture
def made_by_django():
    """What Django told of connections that it made ready itself."""
    told = []

    def tell(connection, **_):
        told.append(connection.alias)

    connection_created.connect(tell)
    yield told
    connection_created.disconnect(tell)


def test_django_makes_the_first_ready_and_looks_once_how_old_postgresql_is(wrapper, made_by_django):
    RAN_DB_VERSION_CHECK.discard(wrapper.alias)
    for _ in range(3):
        wrapper.ensure_connection()
        wrapper.close()

    assert made_by_django == [wrapper.alias]
    assert wrapper.alias in RAN_DB_VERSION_CHECK


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
        taken = wrapper.connection
    assert taken is not None
    assert wrapper.connection is taken
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


@pytest.fixture
def table(stage):
    """Rows of it are looked at when they are committed, by what the test says."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE looked_at (id int PRIMARY KEY)")
    yield look_with
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE looked_at; DROP FUNCTION IF EXISTS look; DROP SEQUENCE IF EXISTS looks")


def look_with(body):
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {body} RETURN NULL; END$$")
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER look AFTER INSERT ON looked_at DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION look()"
        )


def add(number):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO looked_at VALUES (%s)", [number])


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM looked_at ORDER BY id")
        return [number for (number,) in cursor.fetchall()]


def state_now():
    return connection.get_autocommit(), connection.in_atomic_block, connection.connection.info.transaction_status


NOTHING_OPEN = (True, False, TransactionStatus.IDLE)


def add_and_hear(number, heard):
    with transaction.atomic():
        add(number)
        transaction.on_commit(lambda: heard.append(number))


def test_a_commit_that_is_refused_is_told_and_nothing_of_it_happened(table):
    table("IF NEW.id > 1 THEN RAISE check_violation; END IF;")
    heard = []

    with pytest.raises(IntegrityError):
        add_and_hear(2, heard)

    assert (state_now(), rows(), heard) == (NOTHING_OPEN, [], [])
    add_and_hear(1, heard)
    assert (state_now(), rows(), heard) == (NOTHING_OPEN, [1], [1])


def test_a_session_that_ends_before_the_commit_is_told_and_the_next_change_has_another(table):
    heard, ended = [], []

    def change():
        with transaction.atomic():
            add(1)
            transaction.on_commit(lambda: heard.append(1))
            ended.append(session_of(connection))
            with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", ended)

    with pytest.raises(OperationalError):
        change()

    assert session_of(connection) not in ended
    assert (state_now(), rows(), heard) == (NOTHING_OPEN, [], [])
    add_and_hear(2, heard)
    assert (state_now(), rows(), heard) == (NOTHING_OPEN, [2], [2])


@pytest.mark.parametrize("why", ["deadlock_detected", "serialization_failure"])
def test_a_commit_that_met_somebody_else_is_made_again(table, why):
    table(f"IF nextval('looks') = 1 THEN RAISE {why}; END IF;")
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE looks")  # Which no rollback takes back.
    tries = []

    @durable
    def change():
        tries.append(1)
        add(len(tries))

    change()

    assert (len(tries), rows(), state_now()) == (2, [2], NOTHING_OPEN)


@pytest.fixture
def none_left(wrapper):
    """The pool has given all its connections away, and makes no more."""
    size, taken = wrapper.pool.max_size, []
    wrapper.pool.resize(1, 1)
    try:
        with suppress(PoolTimeout):
            while len(taken) <= size:
                taken.append(wrapper.pool.getconn(0.05))
        yield
    finally:
        for one in taken:
            wrapper.pool.putconn(one)
        wrapper.pool.resize(1, size)


def test_a_connection_is_waited_for_no_longer_than_its_thread_has_patience(wrapper, none_left):
    begun = monotonic()
    with pytest.raises(OperationalError, match=r"after 0\.20 sec"), wrapper.waiting_at_most(0.2):
        wrapper.ensure_connection()

    assert monotonic() - begun < wrapper.pool.timeout
    assert wrapper.patience is None
