"""Redis asked by many sockets at once: what comes together is asked together, on one connection."""

import asyncio
from typing import Any

from redis import RedisError

from findr import shared_redis

MOST_AT_ONCE = 500


class Questions:
    """Commands on their way. Their answers, and a failure of the connection, come to whoever asked."""

    def __init__(self) -> None:
        self._redis = shared_redis.asynchronous_client()
        self._waiting: list[tuple[tuple[Any, ...], asyncio.Future[Any]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, *command: Any) -> Any:
        """The answer to one command.

        Raises:
            RedisError: Redis is away, or refused it.
        """
        loop = asyncio.get_running_loop()
        answered = loop.create_future()
        self._waiting.append((command, answered))
        if not self._asking:
            self._asking = loop.create_task(self._ask_all())
        answer = await answered
        if isinstance(answer, RedisError):
            raise answer
        return answer

    async def _ask_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
                await self._ask(batch)
        finally:
            self._asking = None

    async def _ask(self, batch: list[tuple[tuple[Any, ...], asyncio.Future[Any]]]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for command, _ in batch:
            pipeline.execute_command(*command)
        try:
            answers = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            answers = [RedisError(type(error).__name__)] * len(batch)
        for (_, answered), answer in zip(batch, answers, strict=True):
            # Whoever asked may have gone.
            if not answered.done():
                answered.set_result(answer)
