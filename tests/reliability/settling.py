"""Letting everything come to rest, as time does: leases run out, jobs are run, sweeps come by."""

from cast import run_jobs
from django.db import connection
from reliability import process
from reliability.story import jobs_to_do, told
from reliability.times_told import lapsed, let_orphans_push

from bookings import tasks
from calendars.tasks import keep_channels, sweep_mirrors
from calendars.tasks import sweep_events as sweep_calendars
from notifications.tasks import sweep_mails


def settle(scene, *, seconds=31, work=run_jobs):
    """Until nothing is left to do, five times at most; how it stands then."""
    for _ in range(5):
        scene.time.passes(seconds=seconds)
        if jobs_to_do():
            work()
        tasks.sweep_operations()
        tasks.sweep_events()
        tasks.expire_requests()
        tasks.free_lapsed_reservations()
        sweep_calendars()
        sweep_mirrors()
        keep_channels()
        let_orphans_push(scene.sandbox)
        sweep_mails()
        if not told(scene.sandbox)["to do"]:
            break
    assert not lapsed()
    return told(scene.sandbox)


def take_over():
    """A worker is started and handed what one that died has left."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
    assert process.work("findr.retry_stalled_jobs", timestamp=0) == 0
