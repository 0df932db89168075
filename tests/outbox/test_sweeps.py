"""One that fails stops none of the others."""

from threading import Barrier

import pytest
from django.db import connection

from findr.outbox import sweeps

FAILURE = "Number %s could not be done."


def work(number):
    if number == 2:
        raise ValueError("no")
    done.append(number)


done = []


@pytest.fixture(autouse=True)
def _nothing_done():
    done.clear()


def test_the_failed_ones_are_told_and_logged(stage, caplog):
    assert sweeps.each([1, 2, 3], work, failure=FAILURE) == [2]

    assert done == [1, 3]
    assert "Number 2 could not be done." in caplog.text


def test_several_at_once_each_on_a_connection_of_its_own(stage, caplog):
    def ask(number):
        work(number)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    sweeps.each_at_once([1, 2, 3, 4], ask, failure=FAILURE, threads=3)

    assert sorted(done) == [1, 3, 4]
    assert "Number 2 could not be done." in caplog.text


def test_batches_are_done_at_once_and_one_that_fails_one_by_one(stage):
    meet = Barrier(2)

    def ask(numbers):
        if len(numbers) > 1:
            meet.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if 2 in numbers:
            raise ValueError("no")
        done.extend(numbers)

    assert sweeps.together([1, 2, 3, 4], ask, size=2, failure=FAILURE, threads=2) == [2]
    assert sorted(done) == [1, 3, 4]


def test_a_connection_that_is_lost_is_let_go_for_the_next_one(stage):
    def lose(number):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())" if number == 1 else "SELECT 1")
        done.append(number)

    assert sweeps.each([1, 2], lose, failure=FAILURE) == [1]
    assert done == [2]
