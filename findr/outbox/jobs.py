"""Effects, promised in the transaction of the change that causes them.

Procrastinate's queue lies in the same PostgreSQL, so a job written inside the caller's transaction is the outbox: it
exists exactly when the change does. This module is the only one that knows the queue. A task takes ids, loads, calls a
service, and says in its docstring why running it twice is harmless.
"""

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import orjson
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.errors import RaiseException

from findr import faults
from findr.outbox.backoff import wait_before
from findr.outbox.locks import IS_LOCKED, locked_if_free
from findr.outbox.periodic_runs import NOTE_RUN, due_since, note_run, note_seen, warn_of_late_jobs
from findr.postgresql.writers import Writer
from findr.transactions import drop_lost_connection, write_together

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# By importance. "money" wakes the worker at once; the others are polled (findr/migrations/0001).
QUEUES = ("money", "feed", "calendar", "mail", "housekeeping")


# In a worker the queue has connections of its own, and a job written on one of them would outlive a rollback of ours, or
# be run before our commit.
_on_our_connection = JobManager(DjangoConnector())

# So many at once are a backlog that somebody works off, for which nobody else's jobs shall wait.
CROWD = 20
CROWD_PRIORITY = -1
# The queue's own way makes an object of each, and an array of composites of them all.
_INSERT = """
    job AS (
        INSERT INTO procrastinate_jobs (task_name, queue_name, priority, args)
        SELECT task_name, queue_name, priority, args FROM jsonb_to_recordset(%(jobs)s)
            AS job (task_name text, queue_name text, priority int, args jsonb)
    )
"""
# An array, which is made once: of `IN (...)` the planner may ask several times, and take as many more each time.
_TAKE_ALONG = """
    DELETE FROM procrastinate_jobs WHERE id = ANY(ARRAY(
        SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND task_name = %(name)s AND attempts = 0 AND scheduled_at IS NULL AND priority >= 0
        ORDER BY priority DESC, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )) RETURNING args::text
"""
LOST_JOBS = """
    WITH begun AS (
        SELECT job.id, job.task_name, (
            SELECT max(event.at) FROM procrastinate_events event WHERE event.job_id = job.id AND event.type = 'started'
        ) AS at FROM procrastinate_jobs job WHERE job.status = 'doing'
    )
    SELECT begun.id FROM begun WHERE begun.at < now() - make_interval(secs => %(seconds)s)
        OR begun.task_name = ANY(%(alone)s) AND begun.at < now() - make_interval(secs => %(seconds_alone)s)
            AND NOT {is_locked}
""".replace("{is_locked}", IS_LOCKED.format(name="begun.task_name"))
# Whoever runs a periodic job has its lock, once there is a thread and a connection for it. It hardly waits longer for these; and
# an hourly job that is handed on then is not late yet.
LOST_ALONE_SECONDS = 240.0
# A run that failed is repeated so often, with three minutes of waiting at most: an hourly job is late after six.
REPEATS, FIRST_REPEAT_SECONDS, LAST_REPEAT_SECONDS = 5, 5.0, 80.0
# Unless the next one is due so soon after.
SOON = timedelta(minutes=5)

# Of what a periodic run failed from: whether another one waits, of which the queue takes one at most.
NEXT_RUN_WAITS = "next_run_waits"
# The jobs that are run under a lock of their name.
_alone: list[str] = []


class Backoff(BaseRetryStrategy):
    """Tried again slower and slower; never given up by itself."""

    def __init__(self, *, attempts: int | None = None) -> None:
        self.attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if self.attempts is not None and job.attempts + 1 >= self.attempts:
            return None
        wait = wait_before(job.attempts + 1, first=1.0, cap=settings.JOB_RETRY_CAP_SECONDS)
        return RetryDecision(retry_at=_queue_time() + wait)


def _queue_time() -> datetime:
    """The queue's own, which nobody moves."""
    return datetime.now(UTC)


class Repeated(BaseRetryStrategy):
    """A periodic run that failed is tried again, before it counts as late, unless the next one waits or is due soon enough.

    Whatever it failed from: a session that ended under it, a vendor who was away. What is wrong with the job itself fails
    again, and is an alarm as before.
    """

    def __init__(self, now: Callable[[], datetime] = _queue_time) -> None:
        self._now = now

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        moment: Any = job.task_kwargs.get("timestamp", 0)
        now = self._now()
        due_at = due_since(job.task_name, max(now, datetime.fromtimestamp(moment, UTC)))
        if vars(exception).get(NEXT_RUN_WAITS) or due_at is None or job.attempts >= REPEATS:
            return None
        retry_at = now + wait_before(job.attempts, first=FIRST_REPEAT_SECONDS, cap=LAST_REPEAT_SECONDS)
        return RetryDecision(retry_at=retry_at) if retry_at + SOON < due_at else None


def task(name: str, *, queue: str, attempts: int | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Register a job under `name`, for example `bookings.run_operation`."""
    if queue not in QUEUES:
        raise ValueError(f"{queue} is not one of {', '.join(QUEUES)}")

    def register(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            drop_lost_connection()  # The job before may have left it so.
            faults.reach(f"job {name}: begun")
            result = function(*args, **kwargs)
            faults.reach(f"job {name}: done")
            return result

        app.task(name=name, queue=queue, retry=Backoff(attempts=attempts))(run)
        return function

    return register


def periodic(name: str, *, cron: str, queue: str = "housekeeping") -> Callable[[Callable[[], R]], Callable[[], R]]:
    """Register a job that the worker runs by the clock. A sixth field of `cron`, the last one, is for seconds.

    At most one run waits at any time, and at most one is at work as long as its session stands. A run that failed is
    repeated if the next one is far away: see `Repeated`.
    """

    def register(function: Callable[[], R]) -> Callable[[], R]:
        def run(timestamp: int) -> None:
            try:
                run_alone()
            except Exception as error:
                vars(error)[NEXT_RUN_WAITS] = _waits(name)
                raise

        def run_alone() -> None:
            drop_lost_connection()
            with locked_if_free(name) as is_alone:
                if is_alone:
                    faults.reach(f"job {name}: begun")
                    function()
                    note_run(name)
                    faults.reach(f"job {name}: done")

        run.__doc__ = function.__doc__
        job = app.task(name=name, queue=queue, queueing_lock=name, retry=Repeated())(run)
        app.periodic(cron=cron)(job)
        _alone.append(name)
        return function

    return register


def promise(name: str, **arguments: Any) -> None:
    """Write the job `name` inside the caller's transaction: it runs if, and only if, the change commits.

    Raises:
        RuntimeError, DatabaseError: as `promise_each`.
    """
    promise_each(name, [arguments])


def promise_each(name: str, calls: Sequence[dict[str, Any]], *, things: int = 0) -> None:
    """As `promise`, one job for each of these arguments; nothing if there are none.

    All that a service promises is written in one statement, at its end.

    A crowd of them has a lower priority than what others promise: the worker takes it while none of that waits.

    Args:
        things: how many they are about, if each is about several: so many may be a crowd as well.

    Raises:
        RuntimeError: no transaction is open, so the promise would not be tied to any change.
        DatabaseError: as of every other statement. Now or at the service's end.
    """
    if not calls:
        return
    if not connection.in_atomic_block:
        raise RuntimeError(f"{name} was promised outside a transaction.")
    priority = CROWD_PRIORITY if max(len(calls), things) >= CROWD else 0
    job = {"task_name": name, "queue_name": _queue_of(name), "priority": priority}
    write_together(_jobs, [{**job, "args": arguments} for arguments in calls])


@cache
def _queue_of(name: str) -> str:
    return app.configure_task(name, allow_unknown=False).job.queue


def _are_promised(jobs: list[dict[str, Any]], _: object) -> None:
    for name in dict.fromkeys(job["task_name"] for job in jobs):
        faults.reach(f"job {name}: promised")


_jobs: Writer[dict[str, Any]] = Writer(_INSERT, lambda jobs: {"jobs": orjson.dumps(jobs).decode()}, _are_promised)


def take_along(name: str, *, most: int) -> list[dict[str, Any]]:
    """The arguments of jobs of this name that wait, of the longest waiting ones: whoever runs one of them does these as well.

    They are done with the commit of the caller's transaction, and wait as before if it is rolled back. A job that failed
    before is left alone, so that it fails no others; and those of a crowd, each of which is work enough.

    Raises:
        RuntimeError: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{name} was taken along outside a transaction.")
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_ALONG, {"name": name, "most": most})
        return [json.loads(arguments) for (arguments,) in cursor.fetchall()]


def promise_run(name: str) -> bool:
    """As `promise`, for a periodic job, beside its clock; False if a run of it waits already."""
    run = app.configure_task(name, allow_unknown=False).make_new_job(timestamp=int(_queue_time().timestamp()))
    try:
        with transaction.atomic():  # A refusal undoes itself alone.
            _on_our_connection.defer_job(run)
    except AlreadyEnqueued:
        return False
    return True


def _waits(name: str) -> bool:
    """Whether a run of this periodic job waits; no, if the database cannot be asked."""
    drop_lost_connection()
    with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
        cursor.execute("SELECT FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo'", [name])
        return cursor.fetchone() is not None
    return False


@app.periodic(cron="* * * * *")
@app.task(name="findr.retry_stalled_jobs", queue="housekeeping", queueing_lock="findr.retry_stalled_jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    """Hand on the jobs of workers that died: their heartbeat has stopped. And those that have been at work for too long.

    A worker that lost the database for a moment, just as it wanted to write down that a job had ended, lives on and never
    looks at that job again: its heartbeat says nothing. Of a periodic job it is known sooner: nobody has its lock. Twice is
    harmless: a job that has been handed on is no longer `doing`, and each job may run twice.
    """
    left_behind = {job.id: job for job in await app.job_manager.get_stalled_jobs()}
    lost = await app.connector.execute_query_all_async(
        LOST_JOBS, seconds=settings.JOB_LOST_SECONDS, alone=_alone, seconds_alone=LOST_ALONE_SECONDS
    )
    for job_id in [row["id"] for row in lost if row["id"] not in left_behind]:
        left_behind |= {job.id: job for job in await app.job_manager.list_jobs_async(id=job_id, status="doing")}
    for job in left_behind.values():
        logger.warning("Job %s (%s) was left behind by a worker that died.", job.id, job.task_name)
        try:
            await _hand_on(job)
        except Exception as error:
            # The queue's own functions raise so. A worker that was frozen may run this late, beside another one.
            if isinstance(error.__cause__, RaiseException):
                logger.info("Job %s was handed on by somebody else.", job.id)
            else:
                logger.exception("Job %s could not be handed on.", job.id)
    await app.connector.execute_query_async(NOTE_RUN, name="findr.retry_stalled_jobs")


async def _hand_on(job: Job) -> None:
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation:  # A periodic job whose next run waits already: nothing is lost.
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)


@periodic("findr.watch_backlog", cron="* * * * *")
def watch_backlog() -> None:
    """Raise an alarm when jobs pile up. Twice is harmless: it only looks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        waiting: int = cursor.fetchone()[0]
    if waiting > settings.JOB_BACKLOG_ALARM:
        logger.error("%s jobs wait to be run: the workers do not keep up.", waiting)


@periodic("findr.watch_periodic_jobs", cron="* * * * *")
def watch_periodic_jobs() -> None:
    """Raise an alarm when a periodic job does not run any more. Twice is harmless: it only looks."""
    note_seen()
    warn_of_late_jobs()
