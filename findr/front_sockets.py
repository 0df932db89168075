"""Daphne's WebSockets with what they lack: a `send` that waits for a slow reader.

Daphne hands everything to Twisted, which keeps what a peer does not read in memory without a bound. Here whoever sends
waits from Twisted's 64 KiB on, as ASGI servers commonly have it, so that the application sees who reads slowly.
https://docs.twisted.org/en/stable/core/howto/producers.html
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from django.conf import settings
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

Reply = Callable[[Any, dict[str, Any]], Awaitable[None]]


@implementer(IPushProducer)
class Socket(WebSocketProtocol):  # type: ignore[misc]
    """One connection. Twisted says when its buffer is full and when it is empty again."""

    _has_room: asyncio.Future[None] | None = None

    def connectionMade(self) -> None:  # noqa: N802
        """The connection has been a request's until now, which listened to the buffer in its own way."""
        super().connectionMade()
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Nobody need wait for it any more."""
        super().connectionLost(reason)
        self.stopProducing()

    def pauseProducing(self) -> None:  # noqa: N802
        """The buffer is full."""
        self._has_room = self._has_room or asyncio.get_event_loop().create_future()

    def resumeProducing(self) -> None:  # noqa: N802
        """The buffer is empty."""
        if self._has_room and not self._has_room.done():
            self._has_room.set_result(None)
        self._has_room = None
        if self.transport.disconnecting:
            # Twisted ends no connection while somebody might still write to it.
            self.transport.unregisterProducer()

    stopProducing = resumeProducing  # noqa: N815

    async def room(self) -> None:
        """Until more may be sent."""
        if self._has_room:
            await asyncio.shield(self._has_room)


class Factory(WebSocketFactory):  # type: ignore[misc]
    """Makes the connections. It is given Daphne's own options."""

    protocol = Socket

    def setProtocolOptions(self, **options: Any) -> None:  # noqa: N802
        """The same, and ours."""
        # A close code waits behind what a slow reader has not read yet.
        ours = {"closeHandshakeTimeout": 10, "autoPingTimeout": settings.SOCKET_PONG_SECONDS}
        super().setProtocolOptions(**options | ours)


def paced(reply: Reply) -> Reply:
    """Daphne's answer to a protocol, which then waits for a slow reader."""

    async def answer(protocol: Any, message: dict[str, Any]) -> None:
        await reply(protocol, message)
        if isinstance(protocol, Socket) and message["type"] == "websocket.send":
            await protocol.room()

    return answer
