"""What one socket still has to be sent, in order and bounded: whoever reads slowly holds up nobody else."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from django.conf import settings

Write = Callable[[str], Awaitable[None]]


class Outbox:
    """Frames on their way to one reader. A task exists only while there are any.

    Attributes:
        write: sends one frame, and returns once the reader has room for the next.
        when_full: called once, when more waits than `SOCKET_OUTBOX_BYTES`; nothing is sent after it.
    """

    __slots__ = ("_drained", "_is_over", "_size", "_waiting", "_writing", "when_full", "write")

    def __init__(self, write: Write, when_full: Callable[[], None]) -> None:
        self.write = write
        self.when_full = when_full
        self._waiting: deque[str] | None = None
        self._size = 0
        self._writing: asyncio.Task[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._is_over = False

    def put(self, text: str) -> None:
        """Have this frame sent after those that wait."""
        if self._is_over:
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(text)
        self._size += len(text)
        if self._size > settings.SOCKET_OUTBOX_BYTES:
            self.end()
            self.when_full()
        elif self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def drained(self) -> None:
        """Until nothing waits."""
        if self._waiting:
            self._drained = self._drained or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drained)

    def end(self) -> None:
        """Send nothing more."""
        self._is_over = True
        self._waiting, self._size = None, 0
        if self._writing:
            self._writing.cancel()
        self._tell_drained()

    async def _write(self) -> None:
        try:
            while self._waiting:
                await self.write(self._waiting[0])
                if self._waiting:
                    self._size -= len(self._waiting.popleft())
        finally:
            self._waiting, self._writing = None, None
            self._tell_drained()

    def _tell_drained(self) -> None:
        if self._drained and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None
