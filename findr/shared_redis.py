"""Redis as all processes share it, for what is counted or passed on and may be lost. The cache's own address and time-outs."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis import asyncio as redis_asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


def client() -> Redis:
    """Safe to share between threads. Its calls raise RedisError."""
    place = settings.CACHES["default"]
    return _client(place["LOCATION"], tuple(place["OPTIONS"].items()))


def asynchronous_client() -> redis_asyncio.Redis:
    """A new one, for one event loop. Its calls raise RedisError at the first failure."""
    place = settings.CACHES["default"]
    once = Retry(NoBackoff(), 0)
    return redis_asyncio.Redis.from_url(place["LOCATION"], retry=once, **place["OPTIONS"])


@lru_cache
def _client(location: str, options: tuple[tuple[str, Any], ...]) -> Redis:
    return Redis.from_url(location, **dict(options))
