"""Rate limits, counted in Redis in fixed windows (contract 2.8).

A limit protects the service, it is not a rule of booking: when Redis is away the calls pass and the log says so.
"""

import hashlib
import logging
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis import Redis
from redis.exceptions import RedisError

from findr import clock
from findr.errors import RateLimited

logger = logging.getLogger(__name__)


def _calls_and_seconds(limit: str) -> tuple[int, int]:
    """`120/60` in the settings is 120 calls in 60 seconds."""
    calls, seconds = settings.RATE_LIMITS[limit].split("/")
    return int(calls), int(seconds)


def _window(limit: str, who: str) -> tuple[str, int, int]:
    allowed, seconds = _calls_and_seconds(limit)
    number, passed = divmod(int(clock.now().timestamp()), seconds)
    return f"limit:{limit}:{_name(who)}:{number}", allowed, seconds - passed


def _name(who: str) -> str:
    """`who` as part of a key: any text may come in, and no e-mail address is kept."""
    return hashlib.sha256(who.encode()).hexdigest()


def _failures(limit: str, who: str) -> tuple[str, int, int]:
    allowed, seconds = _calls_and_seconds(limit)
    return f"failures:{limit}:{_name(who)}", allowed, seconds


def count(limit: str, who: str) -> None:
    """Count one call of `who` against `limit`.

    Raises:
        RateLimited: this call is one too many; `retryAfter` is what is left of the window.
    """
    key, allowed, left = _window(limit, who)
    try:
        calls = _one_more(key, left + 1)
    except RedisError as error:
        logger.warning("Rate limit %s was not counted: %s", limit, type(error).__name__)
        return
    if calls > allowed:
        raise RateLimited(retry_after=left)


def _one_more(key: str, seconds: int) -> int:
    """Count, in one question: each call of the API asks it, and Django's cache would ask three."""
    place = settings.CACHES["default"]
    pipeline = _redis(place["LOCATION"], tuple(place["OPTIONS"].items())).pipeline(transaction=False)
    pipeline.set(key, 0, ex=seconds, nx=True)
    pipeline.incr(key)
    calls: int = pipeline.execute()[1]
    return calls


@lru_cache
def _redis(location: str, options: tuple[tuple[str, Any], ...]) -> Redis:
    return Redis.from_url(location, **dict(options))


def lock_after(limit: str, who: str) -> None:
    """Count one failure of `who`; the failure that fills `limit` locks for its whole time, from that moment on."""
    key, allowed, seconds = _failures(limit, who)
    try:
        cache.add(key, 0, timeout=seconds)
        if cache.incr(key) == allowed:
            cache.touch(key, seconds)
    except (RedisError, ValueError) as error:
        logger.warning("Failure for %s was not counted: %s", limit, type(error).__name__)


def refuse_locked(limit: str, who: str, *, message: str = "") -> None:
    """Refuse whoever has failed too often.

    Raises:
        RateLimited: locked; `retryAfter` is the whole time of the limit, which is the most it can be.
    """
    key, allowed, seconds = _failures(limit, who)
    try:
        failures = cache.get(key, 0)
    except RedisError as error:
        logger.warning("Rate limit %s was not read: %s", limit, type(error).__name__)
        return
    if failures >= allowed:
        raise RateLimited(retry_after=seconds, message=message)
