"""One open socket: its frames, its end, and who is at the other side of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any
from uuid import uuid4

from findr.api.tokens import Claims
from notifications.realtime.follower import Follower
from notifications.realtime.outbox import Outbox
from notifications.realtime.wire import CloseCode

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# Contract 2.8.
MOST_FRAMES, FRAMES_SECONDS = 60, 60.0


class Socket:
    """A connection of an ASGI server (https://asgi.readthedocs.io/en/stable/specs/www.html#websocket).

    Attributes:
        name: what its place is counted under.
        claims: what its token says, once there is one.
        follower: the feed behind it, once it has begun.
    """

    __slots__ = ("__weakref__", "_closing", "_frames", "_receive", "_send", "_window", "claims", "follower", "name")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._closing: asyncio.Task[None] | None = None
        self._frames, self._window = 0, 0.0
        self.name = uuid4().hex
        self.claims: Claims | None = None
        self.follower: Follower | None = None

    async def accept(self) -> None:
        """Take the handshake: only then does a browser tell its page a close code."""
        await self._send({"type": "websocket.accept"})

    def follow(self, claims: Claims) -> Follower:
        """From now on the socket belongs to whom the token names."""
        self.claims = claims
        self.follower = Follower(claims.identity.id, Outbox(self._write, lambda: self.close(CloseCode.TOO_SLOW)))
        return self.follower

    async def next_frame(self) -> str | None:
        """The client's next text; blank for what is none, None once the socket has ended or was too busy (4429)."""
        message = await self._receive()
        if message["type"] != "websocket.receive" or self._closing:
            return None
        now = monotonic()
        if now - self._window > FRAMES_SECONDS:
            self._window, self._frames = now, 0
        self._frames += 1
        if self._frames > MOST_FRAMES:
            self.close(CloseCode.RATE_LIMITED)
            return None
        return message.get("text") or ""

    def close(self, code: CloseCode) -> None:
        """End it. What still waited to be sent is not."""
        if self.follower:
            self.follower.end()
        if not self._closing:
            closing = self._quietly({"type": "websocket.close", "code": int(code)})
            self._closing = asyncio.get_running_loop().create_task(closing)

    async def closed(self) -> None:
        """Until the close has been handed to the server, if there is one."""
        if self._closing:
            await self._closing

    async def _write(self, text: str) -> None:
        await self._quietly({"type": "websocket.send", "text": text})

    async def _quietly(self, message: dict[str, Any]) -> None:
        # Servers differ in what they raise for a peer that is gone; each tells it by `websocket.disconnect` too.
        with suppress(OSError, RuntimeError):
            await self._send(message)
