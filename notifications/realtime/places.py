"""How many sockets one identity may have open, and open in a minute (contract 2.8), counted across all processes in Redis.

What is counted is sockets that were let in: a loop that is refused again and again uses nothing up. A place is a lease,
so that those of a process that was killed are free again soon. When Redis is away, every socket is let in.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

from django.conf import settings
from redis import RedisError

from findr.api import limits
from notifications.realtime.questions import Questions

logger = logging.getLogger(__name__)

# How long a place outlives the process that has it, and how often it is renewed.
LEASE_SECONDS = 20
RENEW_SECONDS = 5.0

# One step, so that sockets at once are counted like sockets in turn. Redis's own time: all processes share it.
_TAKE = """
local allowed, seconds, places, lease = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if tonumber(redis.call('GET', KEYS[1]) or 0) >= allowed then return 0 end
if KEYS[2] then
    local now = tonumber(redis.call('TIME')[1])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
    if redis.call('ZCARD', KEYS[2]) >= places then return 0 end
    redis.call('ZADD', KEYS[2], now + lease, ARGV[5])
    redis.call('EXPIRE', KEYS[2], lease)
end
redis.call('SET', KEYS[1], 0, 'EX', seconds, 'NX')
redis.call('INCR', KEYS[1])
return 1
"""
_RENEW = """
local lease = tonumber(ARGV[1])
for number, key in ipairs(KEYS) do
    redis.call('ZADD', key, tonumber(redis.call('TIME')[1]) + lease, ARGV[number + 1])
    redis.call('EXPIRE', key, lease)
end
"""
MOST_AT_ONCE = 500


class Places:
    """The counters. Each socket has a name of its own."""

    def __init__(self) -> None:
        self._questions = Questions()
        self._giving_back: set[asyncio.Task[None]] = set()

    async def count_connect(self, address: str) -> bool:
        """Whether an address may open one more without saying who it is."""
        return await self._take(_connects(f"address:{address}"))

    async def take(self, who: str, name: str) -> bool:
        """Whether this identity may open one more; then it has a place until it is given back."""
        return await self._take(_connects(who), _places(who), name=name)

    def give_back(self, who: str, name: str) -> None:
        """The socket has ended: this waits for nothing."""
        task = asyncio.get_running_loop().create_task(self._give_back(who, name))
        self._giving_back.add(task)
        task.add_done_callback(self._giving_back.discard)

    async def renew(self, taken: Iterable[tuple[str, str]]) -> None:
        """These sockets are still open: (identity, name) of each."""
        pairs = list(taken)
        try:
            for start in range(0, len(pairs), MOST_AT_ONCE):
                part = pairs[start : start + MOST_AT_ONCE]
                keys, names = [_places(who) for who, _ in part], [name for _, name in part]
                await self._questions.ask("EVAL", _RENEW, len(keys), *keys, LEASE_SECONDS, *names)
        except RedisError as error:
            logger.warning("Places of sockets were not renewed: %s", error)

    async def _take(self, *keys: str, name: str = "") -> bool:
        calls, seconds = limits.calls_and_seconds("connect")
        arguments = (calls, seconds, settings.SOCKETS_PER_IDENTITY, LEASE_SECONDS, name)
        try:
            return bool(await self._questions.ask("EVAL", _TAKE, len(keys), *keys, *arguments))
        except RedisError as error:
            logger.warning("A socket was not counted: %s", error)
            return True

    async def _give_back(self, who: str, name: str) -> None:
        # Without Redis its lease ends by itself.
        with suppress(RedisError):
            await self._questions.ask("ZREM", _places(who), name)


def _connects(who: str) -> str:
    return f"limit:connect:{limits.name_of(who)}"


def _places(who: str) -> str:
    return f"sockets:{limits.name_of(who)}"
