"""When each periodic job last ran, and whether its next run is late (lesson 69).

A run that ended well is written down by whoever made it, in the queue's own time, which nobody moves. A job that fails
every time is as late as one that nobody starts.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from croniter import croniter
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app

logger = logging.getLogger(__name__)

# The parameter is named, as the queue's own connector wants it too.
NOTE_RUN = """
    INSERT INTO findr_periodicrun (name, first_seen_at, last_run_at) VALUES (%(name)s, now(), now())
    ON CONFLICT (name) DO UPDATE SET last_run_at = now()
"""
_NOTE_SEEN = """
    INSERT INTO findr_periodicrun (name, first_seen_at) SELECT unnest(%(names)s::text[]), now()
    ON CONFLICT (name) DO NOTHING
"""
_RUNS = "SELECT name, first_seen_at, last_run_at, now() FROM findr_periodicrun WHERE name = ANY(%(names)s)"


@dataclass(frozen=True)
class PeriodicJob:
    """A periodic job and its last run.

    Attributes:
        last_run_at: when a run last ended well; None if none did since it was first seen.
        due_at: when the next one after it began, or is to begin.
        is_late: that is so long past that it should have ended.
    """

    name: str
    last_run_at: datetime | None
    due_at: datetime
    is_late: bool


def note_run(name: str) -> None:
    """A run has ended well, just now."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE_RUN, {"name": name})


def note_seen() -> None:
    """From now on each of this release's jobs is expected to run, those that never did as well."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_SEEN, {"names": list(_crons())})


def periodic_jobs() -> list[PeriodicJob]:
    """Those of this release that a worker has seen, by name."""
    crons = _crons()
    with connection.cursor() as cursor:
        cursor.execute(_RUNS, {"names": list(crons)})
        return sorted((_job(crons[row[0]], *row) for row in cursor.fetchall()), key=lambda job: job.name)


def due_since(name: str, since: datetime) -> datetime | None:
    """When a job is due that last ran then; None if this release has none of this name."""
    cron = _crons().get(name)
    return _next_two(cron, since)[0] if cron else None


def late_jobs() -> list[str]:
    """The names of those whose next run is late."""
    return [job.name for job in periodic_jobs() if job.is_late]


def warn_of_late_jobs() -> None:
    """Raise an alarm for each job that is late."""
    for job in periodic_jobs():
        if job.is_late:
            logger.error("The periodic job %s is late: it last ran at %s.", job.name, job.last_run_at or "no time")


def _job(cron: str, name: str, first_seen_at: datetime, last_run_at: datetime | None, now: datetime) -> PeriodicJob:
    due_at, after = _next_two(cron, last_run_at or first_seen_at)
    # A run takes its time: a tenth of what lies between two of them, and a moment at least.
    grace = max(timedelta(seconds=settings.PERIODIC_GRACE_SECONDS), (after - due_at) / 10)
    return PeriodicJob(name, last_run_at, due_at, is_late=now > due_at + grace)


def _next_two(cron: str, since: datetime) -> tuple[datetime, datetime]:
    moments = croniter(cron, since.timestamp())
    return datetime.fromtimestamp(moments.get_next(), UTC), datetime.fromtimestamp(moments.get_next(), UTC)


def _crons() -> dict[str, str]:
    """Name -> when it is due, of all jobs that the worker's clockwork knows."""
    registered: Any = app.periodic_registry.periodic_tasks.values()
    return {one.task.name: one.cron for one in registered}
