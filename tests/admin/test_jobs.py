"""Background jobs in the console."""

import re

from admin.pages import editable, text_of, told
from cast import promised
from django.db import connection, transaction
from django.test import Client
from procrastinate.contrib.django import app as job_app

from findr.accounts.models import AccountRole, User
from findr.outbox.jobs import promise
from providers.demo import PASSWORD

JOBS = "/admin/procrastinate/procrastinatejob/"


def a_job(status="failed"):
    """A job in the queue, in this state."""
    with transaction.atomic():
        promise("bookings.run_operation", operation_id="11111111-1111-4111-8111-111111111111")
    return move_last(status)


def move_last(status):
    """The last job, in this state; the queue lets no job skip `doing`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (SELECT max(id) FROM procrastinate_jobs)"
        )
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s WHERE id = (SELECT max(id) FROM procrastinate_jobs) RETURNING id",
            [status],
        )
        return cursor.fetchone()[0]


def test_jobs_are_found_by_status_and_task(console):
    a_job()
    a_job("todo")

    failed = text_of(console.get(JOBS, {"status__exact": "failed"}))
    found = text_of(console.get(JOBS, {"q": "run_operation failed"}))

    assert "1 procrastinate job" in failed
    assert "bookings.run_operation" in found
    assert "11111111-1111-4111-8111-111111111111" in found
    assert "run_operation" not in text_of(console.get(JOBS, {"queue": "mail"})).split("procrastinate job")[-1]
    assert "Failed jobs 1" in text_of(console.get("/admin/"))


def test_a_job_is_shown_with_what_happened_to_it_and_is_not_edited(console):
    job = a_job()

    page = console.get(f"{JOBS}{job}/change/")

    assert "bookings.run_operation" in text_of(page)
    assert "failed" in text_of(page)
    assert re.search("failed, [A-Z][a-z]+ [0-9]+, [0-9]{4}, [0-9:]{8} UTC", text_of(console.get(JOBS)))
    assert [name for name in editable(page) if not name.endswith("_FORMS")] == []
    assert console.post(f"{JOBS}{job}/change/", {"status": "todo"}).status_code == 403


def test_a_failed_job_runs_again_by_hand(console):
    job = a_job()

    answer = console.post(JOBS, {"action": "run_again", "index": "0", "_selected_action": [job]})

    assert told(answer) == [f"Job {job}: waiting to run again."]
    assert promised() == ["bookings.run_operation"]


def test_a_job_that_is_not_failed_is_left_alone(console):
    job = a_job("doing")

    answer = console.post(JOBS, {"action": "run_again", "index": "0", "_selected_action": [job]})

    assert told(answer) == [f"Job {job}: has not failed, so nothing was done."]
    assert promised() == []


def test_a_failed_periodic_job_whose_next_run_waits_is_told_and_left_alone(console):
    job_app.configure_task("bookings.sweep", allow_unknown=True, queueing_lock="bookings.sweep").defer(timestamp=1)
    job = move_last("failed")
    job_app.configure_task("bookings.sweep", allow_unknown=True, queueing_lock="bookings.sweep").defer(timestamp=2)

    answer = console.post(JOBS, {"action": "run_again", "index": "0", "_selected_action": [job]})

    assert told(answer) == [f"Job {job}: its next run is waiting already."]
    assert promised() == ["bookings.sweep"]


def test_running_jobs_takes_a_permission_of_its_own(stage):
    job = a_job()
    client = Client()
    client.force_login(User.objects.create_user("desk@example.test", PASSWORD, role=AccountRole.STAFF))

    assert client.get(JOBS).status_code == 200
    client.post(JOBS, {"action": "run_again", "index": "0", "_selected_action": [job]})

    assert promised() == []
