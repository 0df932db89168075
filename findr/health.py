"""Is this process fit to serve? `/healthz` (alive) is answered in `findr/asgi.py`, without a worker thread."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError


def ready(request: HttpRequest) -> JsonResponse:
    """GET /readyz: 200 when everything that findr needs is there, else 503; the body says what is missing."""
    found = {"database": _database(), "redis": _redis(), "migrations": _migrated(), "worker": _worker()}
    return JsonResponse(found, status=200 if all(found.values()) else 503)


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
    """A worker's heartbeat younger than a minute."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute')"
            )
            return bool(cursor.fetchone()[0])
    except DatabaseError:
        return False
