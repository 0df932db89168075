"""Each periodic job's last run is known, and a late one is an alarm (lesson 69)."""

import pytest
from admin.pages import text_of
from cast import call
from django.db import connection
from django.test import Client
from procrastinate.contrib.django import app

from findr.models import PeriodicRun
from findr.outbox import jobs, periodic_runs

SWEEP, NIGHTLY = "bookings.sweep_events", "bookings.delete_past_holds"
PAGE = "/admin/findr/periodicrun/"


def ran(name, **ago):
    """A job that last ran so long ago."""
    periodic_runs.note_run(name)
    with connection.cursor() as cursor:
        span = ", ".join(f"{unit} => %({unit})s" for unit in ago)
        cursor.execute(
            f"UPDATE findr_periodicrun SET last_run_at = now() - make_interval({span}) WHERE name = %(name)s",
            {"name": name, **ago},
        )


@pytest.mark.lesson(69)
def test_a_run_that_ended_well_is_written_down_and_one_that_failed_is_not(patient, time):
    run = app.tasks[SWEEP].func
    run(0)
    first = PeriodicRun.objects.get(name=SWEEP).last_run_at
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_stripeevent RENAME TO away")
        try:
            with pytest.raises(Exception, match="bookings_stripeevent"):
                run(0)
        finally:
            cursor.execute("ALTER TABLE away RENAME TO bookings_stripeevent")
    assert PeriodicRun.objects.get(name=SWEEP).last_run_at == first

    run(0)

    assert PeriodicRun.objects.get(name=SWEEP).last_run_at > first


@pytest.mark.lesson(69)
@pytest.mark.parametrize(
    ("name", "ago", "is_late"),
    [
        (SWEEP, {"secs": 100}, False),
        (SWEEP, {"secs": 150}, True),
        (NIGHTLY, {"hours": 2}, False),
        (NIGHTLY, {"hours": 51}, True),
    ],
)
def test_a_job_is_late_when_its_next_run_should_have_ended(stage, caplog, name, ago, is_late):
    ran(name, **ago)

    jobs.watch_periodic_jobs()
    answer = call("GET", "/readyz")

    late = [name] if is_late else []
    assert (answer.status, answer.body["lateJobs"], answer.body["periodicJobs"]) == (200, late, not is_late)
    assert ("periodicJobs" in answer.body["degraded"]) == is_late
    assert (f"The periodic job {name} is late" in caplog.text) == is_late


@pytest.mark.lesson(69)
def test_a_job_that_never_ran_is_late_from_when_a_worker_knew_of_it(stage):
    assert call("GET", "/readyz").body["lateJobs"] == []
    jobs.watch_periodic_jobs()
    assert set(PeriodicRun.objects.values_list("name", flat=True)) == {
        one.task.name for one in app.periodic_registry.periodic_tasks.values()
    }
    assert periodic_runs.late_jobs() == []

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE findr_periodicrun SET first_seen_at = now() - interval '1 hour', last_run_at = NULL WHERE name = %s",
            [SWEEP],
        )

    assert periodic_runs.late_jobs() == [SWEEP]


@pytest.mark.lesson(69)
def test_staff_see_when_each_last_ran_and_which_is_late(stage, staff):
    ran(SWEEP, secs=10)
    ran(NIGHTLY, days=9)
    ran("an.older_releases_job", days=99)
    console = Client()
    console.force_login(staff.user)

    page, first = text_of(console.get(PAGE)), text_of(console.get("/admin/"))
    one = text_of(console.get(f"{PAGE}{NIGHTLY.replace('_', '_5F')}/change/"))

    assert "Keep the time guard small." in page
    assert page.count("Late") == 1
    assert page.count("On time") == 2
    assert "Late periodic jobs 1" in first
    assert "Late" in one
    assert console.post(f"{PAGE}add/", {"name": "x"}).status_code == 403
