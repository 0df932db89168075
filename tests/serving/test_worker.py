"""The worker as the Procfile starts it: a process of its own, with its own clockwork."""

import os
import subprocess
import sys
import time as real_time
from contextlib import suppress

import pytest
from advisory_locks import sessions_with
from cast import fresh
from django.conf import settings as django_settings
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from findr.models import PeriodicRun


@pytest.fixture
def worker(stage, settings):
    """A running worker on the test's database, sandbox and clock."""
    place = connection.settings_dict
    name, user, host, port = (place[key] for key in ("NAME", "USER", "HOST", "PORT"))
    variables = {
        "DATABASE_URL": f"postgresql:///{name}?host={host}&port={port}&user={user}",
        "STRIPE_BASE": settings.STRIPE_BASE,
        "FINDR_CLOCK_FILE": settings.CLOCK_FILE,
        "OPERATION_RETRY_SECONDS": "0.2",
    }
    command = [sys.executable, "manage.py", "run_worker"]
    process = subprocess.Popen(command, cwd=django_settings.BASE_DIR, env={**os.environ, **variables})
    yield process
    process.terminate()
    assert process.wait(60) == 0


def until(state, booking, seconds):
    """Wait for it, and say where the booking is if it does not come."""
    end = real_time.monotonic() + seconds
    while real_time.monotonic() < end and fresh(booking.id).state != state:
        real_time.sleep(0.1)
    return fresh(booking.id).state


def test_it_finishes_by_itself_what_stripe_did_not_answer(worker, patient, provider, sandbox):
    """Nothing wakes it: the sweep that is due every five seconds finds the operation."""
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents/*/capture", "action": "drop_before"})
    booking = patient.has_asked()
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 202

    assert until("confirmed", booking, seconds=30) == "confirmed"
    assert worker.poll() is None


def listeners():
    """The connections by which workers are woken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
        return {pid for (pid,) in cursor.fetchall()}


def until_there_are(wanted, seconds):
    """Wait until somebody listens, and it is nobody of these."""
    end = real_time.monotonic() + seconds
    while real_time.monotonic() < end:
        if (found := listeners()) and not found & wanted:
            return found
        real_time.sleep(0.1)
    pytest.fail("No worker listens.")


def test_it_works_on_after_the_database_was_away(worker, patient, provider, sandbox):
    """Its own connection is lost: a worker of the queue ends then, with exit code 0."""
    before = until_there_are(set(), seconds=30)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()"
        )
    until_there_are(before, seconds=30)

    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents/*/capture", "action": "drop_before"})
    booking = patient.has_asked()
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 202

    assert until("confirmed", booking, seconds=30) == "confirmed"
    assert worker.poll() is None


HOURLY = "bookings.fetch_undelivered_events"


def end_session_in_run_of(name, seconds):
    """End the session that has the lock of a periodic job, as soon as one has; when that was, by the queue's clock."""
    end = real_time.monotonic() + seconds
    while real_time.monotonic() < end:
        if found := sessions_with(name):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000), now()", found)
                is_ended, at = cursor.fetchone()
            assert is_ended
            return at
        real_time.sleep(0.05)
    pytest.fail(f"{name} did not run.")


@pytest.mark.lesson(69)
def test_an_hourly_job_whose_session_ended_under_it_does_not_wait_for_the_next_hour(worker, sandbox):
    """Both of its first runs fail, each while it waits for the vendor."""
    sandbox.misbehave({"path": "/v1/events", "action": "delay", "seconds": 3, "times": 2})
    until_there_are(set(), seconds=30)
    at = next(one for one in app.periodic_registry.periodic_tasks.values() if one.task.name == HOURLY)
    with suppress(AlreadyEnqueued):  # The clockwork was here first: it looks back for ten minutes.
        app.configure_task(HOURLY).defer(timestamp=int(at.croniter.get_next(start_time=real_time.time())))

    end_session_in_run_of(HOURLY, seconds=30)
    ended_at = end_session_in_run_of(HOURLY, seconds=30)

    end = real_time.monotonic() + 60
    while (
        real_time.monotonic() < end and not PeriodicRun.objects.filter(name=HOURLY, last_run_at__gt=ended_at).exists()
    ):
        real_time.sleep(0.1)
    assert PeriodicRun.objects.filter(name=HOURLY, last_run_at__gt=ended_at).exists()
    assert worker.poll() is None
