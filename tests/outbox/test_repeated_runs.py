"""A periodic run that failed, or was left behind, does not wait for the next one if that is far away (lesson 69)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import time as queue_time

import psycopg
import pytest
from advisory_locks import sessions_with
from django.conf import settings
from django.db import OperationalError, connection
from procrastinate.contrib.django import app
from procrastinate.jobs import Job
from realtime.blackouts import until

from findr.models import PeriodicRun
from findr.outbox.jobs import REPEATS, Repeated, promise_run

HOURLY = "bookings.fetch_undelivered_events"
MANY = 50
FAR = 600  # Seconds.

PERIODIC = {one.task.name: one for one in app.periodic_registry.periodic_tasks.values()}


def moments_of(name):
    """Of a job: when it is due next, and how many seconds lie between two runs."""
    due = PERIODIC[name].croniter
    at = due.get_next(start_time=queue_time())
    return at, due.get_next(start_time=at) - at


def a_run(name, at, attempts):
    """Of the moment `at`, after so many."""
    return Job(
        id=1,
        status="doing",
        queue="money",
        lock=None,
        queueing_lock=name,
        task_name=name,
        task_kwargs={"timestamp": at},
        attempts=attempts,
    )


def waits_of(name, at):
    """How many seconds each run of the job that was due then waits after the one that failed, until it is given up."""
    waits = []
    for attempts in range(MANY):
        job, error = a_run(name, at, attempts), OperationalError("the connection is lost")
        retry = app.tasks[name].get_retry_exception(exception=error, job=job)
        if retry is None:
            return waits
        waits.append((retry.retry_decision.retry_at - datetime.now(UTC)).total_seconds())
    pytest.fail(f"{name} is never given up.")


@pytest.mark.parametrize("name", sorted(PERIODIC))
def test_what_runs_seldom_is_repeated_well_before_it_is_late(name):
    at, between = moments_of(name)
    waits = waits_of(name, at)

    if between <= FAR:
        assert waits == []
    else:
        assert len(waits) > 3
        assert waits[-1] > 5 * waits[0] > 0
        assert sum(waits) < max(settings.PERIODIC_GRACE_SECONDS, between / 10) / 2


@pytest.mark.parametrize(("left", "repeats"), [(300, 0), (600, 5)])
def test_a_run_is_not_repeated_shortly_before_the_next_one_is_due(left, repeats):
    """As it may be that began or failed late: two of them must not wait at once."""
    at, between = moments_of(HOURLY)
    strategy = Repeated(now=lambda: datetime.fromtimestamp(at - left, UTC))
    decisions = [
        strategy.get_retry_decision(exception=OperationalError(), job=a_run(HOURLY, at - between, attempts))
        for attempts in range(REPEATS)
    ]

    assert len([one for one in decisions if one]) == repeats


def run_worker(concurrency=4):
    """The real worker, until nothing waits."""
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, concurrency=concurrency)


def left_behind(name, *, began, heartbeat):
    """A run that a worker has begun so long ago; the worker's last sign of life is as old as that. Its number."""
    number = app.configure_task(name).defer(timestamp=int(queue_time()))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s) RETURNING id", [heartbeat]
        )
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", cursor.fetchone())
        cursor.execute("UPDATE procrastinate_events SET at = now() - %s WHERE type = 'started'", [began])
    return number


def runs_again(number):
    """After the next look at what was left behind. The clockwork runs as well, and may have another run of it made."""
    app.configure_task("findr.retry_stalled_jobs").defer(timestamp=0)
    run_worker()
    run_worker()
    return status_of(number) != "doing"


def status_of(number):
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [number])
        row = cursor.fetchone()
        return row[0] if row else "done"  # And deleted.


@pytest.mark.parametrize(
    ("began", "heartbeat", "is_lost"),
    [
        (timedelta(seconds=40), timedelta(seconds=40), True),  # The worker was killed.
        (timedelta(minutes=5), timedelta(seconds=1), True),  # It could not write down how the run had ended.
        (timedelta(minutes=1), timedelta(seconds=1), False),  # The run may wait for a thread.
    ],
)
def test_a_run_that_was_left_behind_does_not_wait_for_the_next_one(stage, sandbox, began, heartbeat, is_lost):
    number = left_behind(HOURLY, began=began, heartbeat=heartbeat)

    assert runs_again(number) is is_lost


def test_a_long_run_is_left_alone(stage, sandbox):
    """Somebody has its lock."""
    number = left_behind(HOURLY, began=timedelta(minutes=5), heartbeat=timedelta(seconds=1))
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [HOURLY])
        assert not runs_again(number)


WAITING = "SELECT count(*) FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'"


def order_another_and_end_the_session(name):
    """As soon as a run is at work; whether another one waits then."""
    try:
        until(lambda: sessions_with(name))
        promise_run(name)
        with connection.cursor() as cursor:
            cursor.execute(WAITING, [name])
            (waiting,) = cursor.fetchone()
            cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) pid", [sessions_with(name)])
            return waiting == cursor.rowcount == 1
    finally:
        connection.close()


def test_a_run_that_fails_while_another_one_waits_is_not_repeated(stage, sandbox):
    """Staff may order one at any time, and the queue takes one that waits."""
    sandbox.misbehave({"path": "/v1/events", "action": "delay", "seconds": 5, "times": 1})
    number = app.configure_task(HOURLY).defer(timestamp=int(queue_time()))

    with ThreadPoolExecutor(1) as pool:
        waited = pool.submit(order_another_and_end_the_session, HOURLY)
        run_worker(concurrency=1)
        assert waited.result()

    assert status_of(number) == "failed"
    assert PeriodicRun.objects.get(name=HOURLY).last_run_at  # By the other one.
