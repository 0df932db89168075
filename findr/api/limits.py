"""Rate limits, counted in Redis (contract 2.8): calls in fixed windows, and tries of which only failures stay counted.

Both are counted before anything is judged, so that whoever comes twelve times at once gets no further than in turn.

A limit protects the service, it is not a rule of booking: when Redis is away the calls pass and the log says so.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError

from findr import clock, shared_redis
from findr.errors import RateLimited

logger = logging.getLogger(__name__)

# Each key for itself, in one step: a pipeline of commands takes the client twice as long.
_COUNT = """
local calls = {}
for place, key in ipairs(KEYS) do
    redis.call('SET', key, 0, 'EX', ARGV[place], 'NX')
    calls[place] = redis.call('INCR', key)
end
return calls
"""


def calls_and_seconds(limit: str) -> tuple[int, int]:
    """`120/60` in the settings is 120 calls in 60 seconds."""
    calls, seconds = settings.RATE_LIMITS[limit].split("/")
    return int(calls), int(seconds)


def _window(limit: str, who: str) -> tuple[str, int, int]:
    allowed, seconds = calls_and_seconds(limit)
    number, passed = divmod(int(clock.now().timestamp()), seconds)
    return f"limit:{limit}:{name_of(who)}:{number}", allowed, seconds - passed


def name_of(who: str) -> str:
    """`who` as part of a key: any text may come in, and no e-mail address is kept."""
    return hashlib.sha256(who.encode()).hexdigest()


def count(limit: str, who: str) -> None:
    """Count one call of `who` against `limit`.

    Raises:
        RateLimited: this call is one too many; `retryAfter` is what is left of the window.
    """
    for refusal in count_each([limit], who).values():
        raise refusal


def count_each(limits: Sequence[str], who: str) -> dict[str, RateLimited]:
    """Count one call of `who` against each of these limits, in one question: each call of the API asks it.

    Returns:
        The refusals of those for which this call is one too many.
    """
    windows = [_window(limit, who) for limit in limits]
    keys, ends = [key for key, *_ in windows], [left + 1 for *_, left in windows]
    try:
        calls: Any = shared_redis.client().eval(_COUNT, len(keys), *keys, *ends)
    except RedisError as error:
        logger.warning("Rate limit %s was not counted: %s", " and ".join(limits), type(error).__name__)
        return {}
    counted = zip(limits, windows, calls, strict=True)
    return {limit: RateLimited(retry_after=left) for limit, (_, allowed, left), made in counted if made > allowed}


# A row of tries: how many of them count, and when it ends (milliseconds of findr's clock). Each script is one step, so
# that tries at once are counted like tries in turn.
_TAKE = """
local now, span, allowed = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if tonumber(redis.call('HGET', KEYS[1], 'ends') or 0) <= now then
    redis.call('HSET', KEYS[1], 'tries', 0, 'ends', now + span)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if tonumber(redis.call('HGET', KEYS[1], 'tries')) >= allowed then return 0 end
redis.call('HINCRBY', KEYS[1], 'tries', 1)
return 1
"""
_GIVE_BACK = """
if tonumber(redis.call('HGET', KEYS[1], 'tries') or 0) > 0 then redis.call('HINCRBY', KEYS[1], 'tries', -1) end
return 0
"""
# The failure that fills the row makes it last for its whole time from now on.
_FAIL = """
if tonumber(redis.call('HGET', KEYS[1], 'tries') or 0) < tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], 'ends', tonumber(ARGV[1]) + tonumber(ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""


@contextmanager
def trying(
    limit: str,
    who: str,
    *,
    failure: type[Exception],
    message: str = "",
    when_full: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Count a try of `who` before it is judged in the block; it stays counted if the block raises `failure`.

    The failure that fills `limit` locks for its whole time, from that moment on, and calls `when_full`.

    Raises:
        RateLimited: there have been too many failures, or so many tries are being judged; `retryAfter` is the whole
            time of the limit, which is the most it can be.
    """
    taken = _step(_TAKE, limit, who)
    if taken == 0:
        raise RateLimited(retry_after=calls_and_seconds(limit)[1], message=message)
    has_failed = False
    try:
        yield
    except failure:
        has_failed = True
        raise
    finally:
        if taken is not None:
            is_full = _step(_FAIL if has_failed else _GIVE_BACK, limit, who)
            if is_full and when_full:
                when_full()


def _step(script: str, limit: str, who: str) -> int | None:
    """Run a script on the row of tries; None if Redis is away."""
    allowed, seconds = calls_and_seconds(limit)
    now = int(clock.now().timestamp() * 1000)
    try:
        answer: Any = shared_redis.client().eval(
            script, 1, f"tries:{limit}:{name_of(who)}", now, seconds * 1000, allowed
        )
    except RedisError as error:
        logger.warning("Rate limit %s was not counted: %s", limit, type(error).__name__)
        return None
    return int(answer)
