"""Redis as all processes share it, for what is counted or passed on and may be lost. The cache's own address and time-outs."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis import asyncio as redis_asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.retry import Retry as ThreadRetry


def address() -> str:
    """Where it is."""
    address: str = settings.CACHES["default"]["LOCATION"]
    return address


def client() -> Redis:
    """Safe to share between threads. Its calls raise RedisError."""
    place = settings.CACHES["default"]
    return _client(place["LOCATION"], tuple(place["OPTIONS"].items()))


def asynchronous_client() -> redis_asyncio.Redis:
    """A new one, for one event loop. Its calls raise RedisError at the first failure."""
    place = settings.CACHES["default"]
    once = Retry(NoBackoff(), 0)
    return redis_asyncio.Redis.from_url(place["LOCATION"], retry=once, **place["OPTIONS"])


def connection_without_answers(*command: str) -> Any:
    """A new redis.Connection, on which Redis does what it is told and says nothing. For one thread at a time.

    https://redis.io/docs/latest/commands/client-reply/

    Args:
        command: one of those that are to come, the only one that is answered.

    Raises:
        RedisError: at the first failure, and if Redis refuses that command, or to be silent.
    """
    pool = client().connection_pool
    connection: Any = pool.connection_class(**{**pool.connection_kwargs, "retry": ThreadRetry(NoBackoff(), 0)})
    try:
        connection.connect()
        for asked in (command, ("CLIENT", "REPLY", "ON")):
            connection.send_command(*asked)
            connection.read_response()
        connection.send_command("CLIENT", "REPLY", "OFF")
    except BaseException:
        connection.disconnect()
        raise
    return connection


@lru_cache
def _client(location: str, options: tuple[tuple[str, Any], ...]) -> Redis:
    return Redis.from_url(location, **dict(options))
