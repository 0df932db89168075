"""Rate limits, counted in Redis in fixed windows (contract 2.8).

A limit protects the service, it is not a rule of booking: when Redis is away the calls pass and the log says so.
"""

import hashlib
import logging
import time

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from findr.errors import RateLimited

logger = logging.getLogger(__name__)


def _window(limit: str, who: str) -> tuple[str, int, int]:
    allowed, seconds = (int(part) for part in settings.RATE_LIMITS[limit].split("/"))
    number, passed = divmod(int(time.time()), seconds)
    return f"limit:{limit}:{_name(who)}:{number}", allowed, seconds - passed


def _name(who: str) -> str:
    """`who` as part of a key: any text may come in, and no e-mail address is kept."""
    return hashlib.sha256(who.encode()).hexdigest()


def _failures(limit: str, who: str) -> tuple[str, int, int]:
    allowed, seconds = (int(part) for part in settings.RATE_LIMITS[limit].split("/"))
    return f"failures:{limit}:{_name(who)}", allowed, seconds


def count(limit: str, who: str) -> None:
    """Count one call of `who` against `limit`.

    Raises:
        RateLimited: this call is one too many; `retryAfter` is what is left of the window.
    """
    key, allowed, left = _window(limit, who)
    try:
        cache.add(key, 0, timeout=left + 1)
        calls = cache.incr(key)
    except (RedisError, ValueError) as error:  # ValueError: the window ended between the two commands.
        logger.warning("Rate limit %s was not counted: %s", limit, type(error).__name__)
        return
    if calls > allowed:
        raise RateLimited(retry_after=left)


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
