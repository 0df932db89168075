"""The jobs of a backlog, and those of everybody else beside it."""

import pytest
from cast import promised
from django.db import connection, transaction

from findr.outbox.jobs import CROWD, promise, promise_each

NAME = "bookings.process_event"


def taken_next():
    """The argument of the job that a worker takes next, as the queue itself decides it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'event_id' FROM procrastinate_fetch_job_v2(NULL, NULL)")
        (event_id,) = cursor.fetchone()
    return event_id


def test_a_crowd_keeps_nobody_waiting_and_is_taken_in_its_order(stage):
    with transaction.atomic():
        promise_each(NAME, [{"event_id": f"crowd {number}"} for number in range(CROWD)])
    with transaction.atomic():
        promise_each(NAME, [{"event_id": f"few {number}"} for number in range(2)])
        promise(NAME, event_id="alone")

    assert [taken_next() for _ in range(5)] == ["few 0", "few 1", "alone", "crowd 0", "crowd 1"]


def test_a_few_jobs_about_many_things_are_a_crowd_as_well(stage):
    with transaction.atomic():
        promise_each(NAME, [{"event_id": "crowd"}], things=CROWD)
    with transaction.atomic():
        promise_each(NAME, [{"event_id": "alone"}], things=CROWD - 1)

    assert [taken_next() for _ in range(2)] == ["alone", "crowd"]


def test_a_crowd_is_promised_exactly_when_its_change_commits(stage):
    calls = [{"event_id": 'é € \\ "quoted"'}] * CROWD
    with pytest.raises(RuntimeError, match="outside a transaction"):
        promise_each(NAME, calls)
    with transaction.atomic():
        promise_each(NAME, calls)
        transaction.set_rollback(True)
    assert promised() == []

    with transaction.atomic():
        promise_each(NAME, calls)

    assert promised() == [NAME] * CROWD
    assert taken_next() == calls[0]["event_id"]
