"""A periodic run that failed, or was left behind, does not wait for the next one if that is far away (lesson 69)."""

from datetime import UTC, datetime, timedelta
from time import time as queue_time

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from findr.models import PeriodicRun

HOURLY = "bookings.fetch_undelivered_events"
MANY = 50
FAR = 600  # Seconds.

PERIODIC = {one.task.name: one for one in app.periodic_registry.periodic_tasks.values()}


def moments_of(name):
    """Of a job: when it is due next, and how many seconds lie between two runs."""
    due = PERIODIC[name].croniter
    at = due.get_next(start_time=queue_time())
    return at, due.get_next(start_time=at) - at


def waits_of(name, at):
    """How many seconds each run of the job that was due then waits after the one that failed, until it is given up."""
    waits = []
    for attempts in range(MANY):
        job = Job(
            id=1,
            status="doing",
            queue="money",
            lock=None,
            queueing_lock=name,
            task_name=name,
            task_kwargs={"timestamp": at},
            attempts=attempts,
        )
        retry = app.tasks[name].get_retry_exception(exception=OperationalError("the connection is lost"), job=job)
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


def test_a_run_is_not_repeated_shortly_before_the_next_one_is_due():
    """As it may be that failed late: two of them must not wait at once."""
    at, between = moments_of(HOURLY)

    assert waits_of(HOURLY, at - between) == [] or at - queue_time() > 300
    assert waits_of(HOURLY, at - 2 * between) == []


def run_worker():
    """The real worker, until nothing waits."""
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, concurrency=4)


def left_behind(name, *, began, heartbeat):
    """A run that a worker has begun so long ago; the worker's last sign of life is as old as that."""
    app.configure_task(name).defer(timestamp=int(queue_time()))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s) RETURNING id", [heartbeat]
        )
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", cursor.fetchone())
        cursor.execute("UPDATE procrastinate_events SET at = now() - %s WHERE type = 'started'", [began])


def has_run_again(name):
    """After the next look at what was left behind."""
    app.configure_task("findr.retry_stalled_jobs").defer(timestamp=0)
    run_worker()
    run_worker()
    return PeriodicRun.objects.filter(name=name, last_run_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("began", "heartbeat", "runs_again"),
    [
        (timedelta(seconds=40), timedelta(seconds=40), True),  # The worker was killed.
        (timedelta(minutes=3), timedelta(seconds=1), True),  # It could not write down how the run had ended.
        (timedelta(minutes=1), timedelta(seconds=1), False),  # The run may wait for a thread.
    ],
)
def test_a_run_that_was_left_behind_does_not_wait_for_the_next_one(stage, sandbox, began, heartbeat, runs_again):
    left_behind(HOURLY, began=began, heartbeat=heartbeat)

    assert has_run_again(HOURLY) is runs_again


def test_a_long_run_is_left_alone(stage, sandbox):
    """Somebody has its lock."""
    left_behind(HOURLY, began=timedelta(minutes=3), heartbeat=timedelta(seconds=1))
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [HOURLY])
        assert not has_run_again(HOURLY)

    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE task_name = %s", [HOURLY])
        assert cursor.fetchall() == [("doing",)]
