"""Is this process fit to serve, and does a worker live? `/healthz` (alive) is answered in `findr/asgi.py`.

A load balancer takes a process that answers 503 out of service. So only what this very process cannot do without makes
one: were it Redis or the worker, all of them would go at once, though bookings still work.
"""

from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.exceptions import RedisError

from findr.outbox.heartbeats import a_worker_lives
from findr.outbox.periodic_runs import late_jobs


class Probes:
    """Answers the operator's questions before anything looks at the host name: probes ask by address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.probes = {"/readyz": ready, "/workerz": worker_ready}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = self.probes.get(request.path)
        return probe() if probe else self.get_response(request)


def ready() -> JsonResponse:
    """/readyz: 200 while this process can serve, else 503; `degraded` names what is away and can be done without.

    `lateJobs` are the periodic jobs that have not run when they should have; null if nobody can say.
    """
    needed = {"database": _database(), "migrations": _migrated()}
    late = _late()
    helpful = {"redis": _redis(), "worker": _worker(), "periodicJobs": late == []}
    degraded = [name for name, found in helpful.items() if not found]
    told = {**needed, **helpful, "degraded": degraded, "lateJobs": late}
    return JsonResponse(told, status=200 if all(needed.values()) else 503)


def worker_ready() -> JsonResponse:
    """/workerz: 200 while a worker lives, else 503."""
    found = _worker()
    return JsonResponse({"worker": found}, status=200 if found else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    try:
        cache.get("ready")
    except RedisError:
        return False
    return True


def _migrated() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return False


def _worker() -> bool:
    try:
        return a_worker_lives()
    except DatabaseError:
        return False


def _late() -> list[str] | None:
    try:
        return late_jobs()
    except DatabaseError:
        return None
