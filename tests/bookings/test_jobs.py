"""Promises: written with the change, run after it, perhaps twice; and a real worker that runs them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from cast import fresh, promised, sweep
from django.db import OperationalError, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import TaskNotFound

from bookings import tasks
from bookings.actors import JOB
from bookings.services.expiry import expire_booking
from findr.outbox import jobs


def test_a_promise_needs_the_transaction_of_its_change(stage):
    with pytest.raises(RuntimeError, match="outside a transaction"):
        jobs.promise("bookings.run_operation", operation_id="1")


def test_a_promise_is_kept_exactly_when_the_change_commits(stage):
    with transaction.atomic():
        jobs.promise("bookings.run_operation", operation_id="1")
        transaction.set_rollback(True)
    assert promised() == []

    with transaction.atomic():
        jobs.promise("bookings.run_operation", operation_id="1")
    assert promised() == ["bookings.run_operation"]


def test_a_promise_names_a_job_that_exists(stage):
    with pytest.raises(TaskNotFound), transaction.atomic():
        jobs.promise("bookings.run_operations")


def test_a_promise_that_finds_no_database_fails_like_every_other_statement(stage):
    """Only so is it answered with 503, or run again after a deadlock."""
    with pytest.raises(OperationalError) as refused:
        promise_without_a_session()
    connection.close()

    assert isinstance(refused.value.__cause__, psycopg.OperationalError)
    assert promised() == []


@transaction.atomic
def promise_without_a_session():
    end_own_session()
    jobs.promise("bookings.run_operation", operation_id="1")


def end_own_session():
    """From outside, as an administrator would."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with connection.copy().cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        other.connection.close()


def test_a_job_that_runs_twice_does_its_work_once(patient, time, sandbox):
    booking = patient.has_asked()
    time.passes(hours=25)
    expire_booking(booking_id=booking.id, actor=JOB)
    operation = booking.payment.operations.get(kind="cancel")

    tasks.run_operation(str(operation.id))
    tasks.run_operation(str(operation.id))

    assert fresh(booking.id).events.filter(event_type="payment_released").count() == 1
    assert len([call for call in sandbox.log() if call["path"].endswith("/cancel")]) == 1


def run_worker():
    """The real worker, until nothing waits."""
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, concurrency=4)


def test_the_worker_runs_what_was_promised_and_forgets_it(patient, other_patient, time):
    ids = [patient.has_asked().id, other_patient.has_asked(appointmentTime="14:00").id]
    time.passes(hours=25)
    for booking_id in ids:
        expire_booking(booking_id=booking_id, actor=JOB)

    run_worker()

    assert [fresh(booking_id).payment.state for booking_id in ids] == ["released", "released"]
    assert promised() == []


def test_the_workers_clockwork_knows_every_periodic_job_and_how_often_it_is_due():
    """Seconds between two runs, by the library that the worker asks."""

    def seconds(task):
        due = task.croniter
        first = due.get_next()
        return due.get_next(start_time=first) - first

    periodic = {task.task.name: seconds(task) for task in app.periodic_registry.periodic_tasks.values()}

    assert periodic == {
        "bookings.sweep_operations": 5,
        "bookings.sweep_events": 15,
        "bookings.fetch_undelivered_events": 3600,
        "bookings.send_reminders": 60,
        "bookings.delete_past_reminders": 86400,
        "notifications.delete_old_notifications": 86400,
        "findr.watch_periodic_jobs": 60,
        "bookings.expire_requests": 60,
        "bookings.free_lapsed_reservations": 60,
        "bookings.delete_past_holds": 24 * 3600,
        "bookings.check_books": 24 * 3600,
        "notifications.delete_old_events": 24 * 3600,
        "notifications.sweep_deliveries": 5,
        "notifications.sweep_mails": 10,
        "calendars.sweep_events": 10,
        "calendars.sweep_mirrors": 10,
        "calendars.keep_channels": 20,
        "calendars.retire_replaced": 3600,
        "calendars.delete_old_consents": 3600,
        "findr.delete_old_keys": 3600,
        "findr.retry_stalled_jobs": 60,
        "findr.watch_backlog": 60,
    }


def test_the_jobs_of_a_worker_that_died_are_handed_on(patient, time):
    booking = patient.has_asked()
    time.passes(hours=25)
    expire_booking(booking_id=booking.id, actor=JOB)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '5 minutes') RETURNING id"
        )
        (worker,) = cursor.fetchone()
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])
    assert promised() == []

    app.configure_task("findr.retry_stalled_jobs").defer(timestamp=0)
    run_worker()
    run_worker()

    assert fresh(booking.id).payment.state == "released"


@pytest.mark.parametrize(("minutes", "is_handed_on"), [(5, False), (45, True)])
def test_a_job_whose_end_its_living_worker_could_not_write_down_is_handed_on(patient, time, minutes, is_handed_on):
    booking = patient.has_asked()
    time.passes(hours=25)
    expire_booking(booking_id=booking.id, actor=JOB)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id")
        (worker,) = cursor.fetchone()
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(mins => %s) WHERE type = 'started'", [minutes]
        )

    app.configure_task("findr.retry_stalled_jobs").defer(timestamp=0)
    run_worker()
    run_worker()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'bookings.run_operation'")
        assert cursor.fetchone() == (0 if is_handed_on else 1,)


def test_a_periodic_job_left_behind_while_its_next_run_waits_stops_nobody(patient, time):
    """The next run does its work; the job that was left behind is put aside, and the others are handed on."""
    booking = patient.has_asked()
    time.passes(hours=25)
    expire_booking(booking_id=booking.id, actor=JOB)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL")
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status, scheduled_at) VALUES"
            " ('money', 'bookings.sweep_operations', 'bookings.sweep_operations', 'doing', null),"
            " ('money', 'bookings.sweep_operations', 'bookings.sweep_operations', 'todo', now() + interval '1 hour')"
            " RETURNING id"
        )
        left_behind, next_run = (row[0] for row in cursor.fetchall())

    app.configure_task("findr.retry_stalled_jobs").defer(timestamp=0)
    run_worker()
    run_worker()

    assert fresh(booking.id).payment.state == "released"
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, status FROM procrastinate_jobs WHERE task_name = 'bookings.sweep_operations'")
        assert sorted(cursor.fetchall()) == [(left_behind, "failed"), (next_run, "todo")]


@pytest.mark.parametrize("next_run_waits", [False, True])
def test_whoever_hands_on_jobs_late_finds_them_handed_on(patient, caplog, next_run_waits):
    """Two look for what was left behind at once: a worker that was frozen as it had found them goes on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status)"
            " VALUES ('money', 'bookings.sweep_operations', 'bookings.sweep_operations', 'doing')"
        )
        if next_run_waits:
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status, scheduled_at)"
                " VALUES ('money', 'bookings.sweep_operations', 'bookings.sweep_operations', 'todo', now() + interval '1 hour')"
            )
    with app.replace_connector(app.connector.get_worker_connector()):
        asyncio.run(_hands_on_at_once())

    assert [line.message for line in caplog.records if line.levelname == "ERROR"] == []
    assert [line.message for line in caplog.records if line.message.endswith("by somebody else.")] != []


async def _hands_on_at_once():
    hand_on = app.tasks["findr.retry_stalled_jobs"].func
    async with app.open_async():
        await asyncio.gather(*(hand_on(0) for _ in range(4)))


def test_a_periodic_job_leaves_the_work_to_whoever_is_at_it(patient, time):
    booking = patient.has_asked()
    time.passes(hours=25)
    run = app.tasks["bookings.expire_requests"].func

    def lock(function):
        """From another connection, as another worker has it."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(hashtextextended('bookings.expire_requests', 0))")

    with ThreadPoolExecutor(1) as other_worker:
        try:
            other_worker.submit(lock, "pg_advisory_lock").result()
            run(0)
            assert fresh(booking.id).state == "pending_confirmation"

            other_worker.submit(lock, "pg_advisory_unlock").result()
            run(0)
            assert fresh(booking.id).state == "expired"
        finally:
            other_worker.submit(lambda: connection.close()).result()


def test_only_money_jobs_wake_the_worker(stage):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE tgname = 'procrastinate_jobs_notify_queue_job_inserted_v1'"
        )
        (definition,) = cursor.fetchone()

    assert "new.queue_name" in definition
    assert "'money'" in definition


def test_a_backlog_raises_an_alarm(stage, settings, caplog):
    settings.JOB_BACKLOG_ALARM = 1
    with transaction.atomic():
        for number in range(2):
            jobs.promise("bookings.run_operation", operation_id=str(number))

    jobs.watch_backlog()

    assert "2 jobs wait to be run" in caplog.text


def test_retries_back_off_with_jitter_up_to_their_cap(settings):
    settings.JOB_RETRY_CAP_SECONDS = 600

    class Job:
        def __init__(self, attempts):
            self.attempts = attempts

    def wait(attempts):
        decision = jobs.Backoff().get_retry_decision(exception=OSError(), job=Job(attempts))
        return (decision.retry_at - datetime.now(UTC)).total_seconds()

    assert 0.9 <= wait(0) <= 2
    assert 7.9 <= wait(3) <= 16
    assert 299 <= wait(50) <= 600
    assert len({round(wait(50), 3) for _ in range(10)}) > 1
    assert jobs.Backoff(attempts=3).get_retry_decision(exception=OSError(), job=Job(2)) is None


def test_one_operation_that_fails_does_not_stop_the_sweep(patient, other_patient, sandbox, time):
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_before", "times": 2})
    broken, sound = (person.asks().body["bookingId"] for person in (patient, other_patient))
    time.passes(seconds=31)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE bookings_booking ADD CONSTRAINT broken"
            f" CHECK (id <> '{broken}' OR state <> 'pending_confirmation')"
        )
    try:
        tasks.sweep_operations()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE bookings_booking DROP CONSTRAINT broken")

    assert (fresh(broken).state, fresh(sound).state) == ("pending_payment", "pending_confirmation")
    time.passes(seconds=31)
    sweep()
    assert fresh(broken).state == "pending_confirmation"
