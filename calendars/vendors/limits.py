"""How often one mailbox is asked: before a call is made it is counted, in Redis, for all processes together.

Vendors limit calls to each account, and refuse more for everybody who works with it. So findr stays below
(`settings.CALENDAR_RATE`), and once a vendor has said 429 it leaves that mailbox alone for as long as it was told to.

The calls of the last seconds are counted one by one, as the vendors count: a bucket that fills up again would let twice
as many through after a quiet time. A call stays counted until those seconds have passed since its end: the vendor counts
it from some moment before that, so that no window of the vendor's ever holds more.

It is a courtesy, no rule of findr's: when Redis is away, calls are made.
"""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any
from uuid import uuid4

from django.conf import settings
from redis.exceptions import RedisError

from calendars.vendors.base import RateLimited
from findr import shared_redis
from findr.vendors.budget import Budget

logger = logging.getLogger(__name__)

# Where a mailbox has all its calls under way: how long to wait before looking again, and how much of the time for that.
PAUSE_SECONDS, SHARE_FOR_WAITING = 0.02, 0.5

# By Redis' own clock, in milliseconds, since processes count together. Keys: until when nobody asks, the calls of the
# window, the calls under way.
_NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""
# Gives 0 for "go", what is left of the wait, or -1 if too many are under way.
_TAKE = f"""{_NOW}
local call, calls, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local at_once, lives = tonumber(ARGV[4]), tonumber(ARGV[5])
local closed = redis.call('PTTL', KEYS[1])
if closed > 0 then return closed end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - window)
if redis.call('ZCARD', KEYS[2]) >= calls then
    local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
    return first and math.max(1, first + window - now) or window
end
if at_once > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
    if redis.call('ZCARD', KEYS[3]) >= at_once then return -1 end
    redis.call('ZADD', KEYS[3], now + lives, call)
    redis.call('PEXPIRE', KEYS[3], lives)
end
redis.call('ZADD', KEYS[2], now, call)
redis.call('PEXPIRE', KEYS[2], window + lives)
return 0
"""
# The call is over; the mailbox is closed for a while if there is one.
_END = f"""{_NOW}
redis.call('ZADD', KEYS[2], 'XX', now, ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], 1, 'PX', ARGV[2]) end
return 0
"""


@dataclass(frozen=True)
class Mailbox:
    """One account at one vendor.

    Attributes:
        at_once: how many calls may be under way, where the vendor limits that; 0 is any number.
    """

    vendor: str
    email: str
    at_once: int = 0

    def keys(self) -> list[str]:
        """Its three names in Redis, which keeps no address."""
        name = hashlib.sha256(f"{self.vendor} {self.email.lower()}".encode()).hexdigest()
        return [f"mailbox:{name}:{part}" for part in ("closed", "calls", "under-way")]


@contextmanager
def turn(mailbox: Mailbox, budget: Budget) -> Iterator[None]:
    """Make one call in the block. A 429 that it raises is remembered.

    Raises:
        RateLimited: it would be one too many, or the vendor wants to be left alone; it is not made.
    """
    call, closed_for = uuid4().hex, 0.0
    _take(mailbox, call, budget)
    try:
        yield
    except RateLimited as error:
        closed_for = error.retry_after
        raise
    finally:
        _run(_END, mailbox, call, ceil(closed_for * 1000))


def _take(mailbox: Mailbox, call: str, budget: Budget) -> None:
    """Those that wait for a call under way wait for a moment: it takes no longer than theirs will."""
    waiting = Budget(budget.left() * SHARE_FOR_WAITING)
    while (wait := _try(mailbox, call, budget)) < 0:
        if waiting.is_over:
            raise RateLimited(f"Too many calls to one {mailbox.vendor} account are under way.", retry_after=1)
        time.sleep(PAUSE_SECONDS)
    if wait > 0:
        raise RateLimited(f"One {mailbox.vendor} account is asked too often.", retry_after=wait / 1000)


def _try(mailbox: Mailbox, call: str, budget: Budget) -> int:
    calls, seconds = map(int, settings.CALENDAR_RATE.split("/"))
    return _run(_TAKE, mailbox, call, calls, seconds * 1000, mailbox.at_once, ceil(budget.left() * 1000))


def _run(script: str, mailbox: Mailbox, *arguments: str | int) -> int:
    """One round trip. 0 if Redis is away."""
    keys = mailbox.keys()
    try:
        answer: Any = shared_redis.client().eval(script, len(keys), *keys, *arguments)
    except RedisError as error:
        logger.warning("Calls to a mailbox were not counted: %s", type(error).__name__)
        return 0
    return int(answer)
