"""Locks without a transaction, against a second connection."""

from threading import Event, Thread

import pytest
from django.db import OperationalError, connection, transaction

from findr.outbox.locks import locked, locked_if_free


@pytest.fixture
def elsewhere(stage):
    """Somebody else has the lock "mine" for the test."""
    has_it, over = Event(), Event()

    def work():
        try:
            with locked("mine"):
                has_it.set()
                over.wait(20)
        finally:
            connection.close()

    thread = Thread(target=work)
    thread.start()
    assert has_it.wait(10)
    yield over
    over.set()
    thread.join()


def test_who_comes_second_is_told_so_at_once_and_another_name_is_another_lock(elsewhere):
    with locked_if_free("mine") as mine, locked_if_free("yours") as yours:
        assert (mine, yours) == (False, True)


def test_who_comes_second_waits_no_longer_than_the_databases_lock_timeout(elsewhere):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
        with pytest.raises(OperationalError), locked("mine"):
            pass
    with locked_if_free("yours") as is_free:
        assert is_free


def test_a_lock_ends_with_its_block_also_after_a_failure(stage):
    with pytest.raises(ValueError, match="no"), locked("mine"):
        raise ValueError("no")

    with locked_if_free("mine") as is_free:
        assert is_free
