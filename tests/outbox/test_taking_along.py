"""A job that is run does the work of others that wait as well, in its own transaction."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cast import promised
from django.db import connection, transaction

from findr.outbox.jobs import CROWD, promise, promise_each, take_along


@pytest.fixture
def waiting(transactional_db):
    """Three jobs of one name, and one of another."""
    with transaction.atomic():
        promise_each("bookings.process_event", [{"event_id": f"evt_{number}"} for number in (1, 2, 3)])
        promise("bookings.run_operation", operation_id="1")


def taken(*, most):
    """Whose events are taken along."""
    return sorted(job["event_id"] for job in take_along("bookings.process_event", most=most))


def test_jobs_that_are_taken_along_are_done_exactly_when_it_commits(waiting):
    with transaction.atomic():
        assert taken(most=10) == ["evt_1", "evt_2", "evt_3"]
        transaction.set_rollback(True)
    assert promised() == ["bookings.process_event"] * 3 + ["bookings.run_operation"]

    with transaction.atomic():
        assert taken(most=2) == ["evt_1", "evt_2"]
    assert promised() == ["bookings.process_event", "bookings.run_operation"]
    with pytest.raises(RuntimeError, match="outside a transaction"):
        taken(most=2)


def test_jobs_of_a_crowd_are_left_alone(waiting):
    with transaction.atomic():
        promise_each("bookings.process_event", [{"event_id": "evt_of_a_crowd"}], things=CROWD)

    with transaction.atomic():
        assert taken(most=10) == ["evt_1", "evt_2", "evt_3"]


def test_jobs_that_somebody_takes_and_those_that_failed_are_not_taken_along(waiting):
    """Without SKIP LOCKED the second would wait for the first, and then have nothing."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = 1 WHERE args ->> 'event_id' = 'evt_1'")

    def second():
        try:
            with transaction.atomic():
                return taken(most=10)
        finally:
            connection.close()

    with transaction.atomic():
        first = taken(most=1)
        with ThreadPoolExecutor(1) as pool:
            others = pool.submit(second).result(20)

    assert (first, others) == (["evt_2"], ["evt_3"])
    assert promised() == ["bookings.process_event", "bookings.run_operation"]
