"""What Redis tells this process of the recipients that somebody follows here.

One connection for the whole process, which comes back by itself. Without it nobody hears anything live, and the look into
the table (`upkeep.py`) finds what is new.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

from redis import RedisError
from redis.asyncio.client import PubSub

from findr import shared_redis
from notifications.realtime import channels

logger = logging.getLogger(__name__)

# Between two tries to connect, and how long whoever joins waits until Redis has heard of it.
RETRY_SECONDS = 0.5
JOIN_SECONDS = 0.5
MOST_AT_ONCE = 1000


class Subscription:
    """The channels of the recipients that are followed.

    Attributes:
        hear: called with recipient, number and frame of each event.
    """

    def __init__(self, hear: Callable[[UUID, int, str], None]) -> None:
        self.hear = hear
        self._prefix = channels.prefix_of(shared_redis.client())
        self._wanted: set[str] = set()
        self._awaited: dict[str, asyncio.Future[None]] = {}
        self._pubsub: PubSub | None = None

    async def add(self, recipient: UUID) -> None:
        """Hear of this recipient from now on; waits until Redis agrees, though not for long."""
        channel = f"{self._prefix}{recipient}"
        self._wanted.add(channel)
        agreed = self._awaited.setdefault(channel, asyncio.get_running_loop().create_future())
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(JOIN_SECONDS):
                if self._pubsub:
                    await self._pubsub.subscribe(channel)
                    await asyncio.shield(agreed)

    async def drop(self, recipient: UUID) -> None:
        """Hear of it no longer."""
        channel = f"{self._prefix}{recipient}"
        self._wanted.discard(channel)
        self._awaited.pop(channel, None)
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(JOIN_SECONDS):
                if self._pubsub:
                    await self._pubsub.unsubscribe(channel)

    async def run(self) -> None:
        """Listen until it is cancelled."""
        is_failing = False
        while True:
            try:
                await self._listen()
            except (RedisError, OSError) as error:
                _end_if_cancelled()
                if not is_failing or self._pubsub:
                    logger.warning("Redis is away (%s): events are found in the table.", type(error).__name__)
                is_failing, self._pubsub = True, None
                await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        async with shared_redis.asynchronous_client() as redis, redis.pubsub() as pubsub:
            await pubsub.connect()
            self._pubsub = pubsub
            wanted = list(self._wanted)
            for start in range(0, len(wanted), MOST_AT_ONCE):
                await pubsub.subscribe(*wanted[start : start + MOST_AT_ONCE])
            while True:
                _end_if_cancelled()
                if pubsub.subscribed:
                    self._take(await pubsub.get_message(timeout=RETRY_SECONDS))
                else:
                    await asyncio.sleep(0.01)

    def _take(self, message: dict[str, Any] | None) -> None:
        if message is None:
            return
        channel = message["channel"].decode()
        if message["type"] == "subscribe" and (agreed := self._awaited.pop(channel, None)):
            agreed.set_result(None)
        elif message["type"] == "message":
            self.hear(UUID(channel.removeprefix(self._prefix)), *channels.read(message["data"]))


def _end_if_cancelled() -> None:
    """redis-py may take a cancellation for its own time-out, or hide it behind a failure to let go of its connection."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
