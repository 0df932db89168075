"""Redis as all processes share it, for what is counted and may be lost. The cache's own address and time-outs."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from redis import Redis


def client() -> Redis:
    """Safe to share between threads. Its calls raise RedisError."""
    place = settings.CACHES["default"]
    return _client(place["LOCATION"], tuple(place["OPTIONS"].items()))


@lru_cache
def _client(location: str, options: tuple[tuple[str, Any], ...]) -> Redis:
    return Redis.from_url(location, **dict(options))
