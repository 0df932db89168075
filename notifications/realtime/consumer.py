"""`/api/bookings/realtime` as an ASGI application (contract 15)."""

import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from findr.accounts.authentication import refuse_revoked
from findr.api.tokens import Claims
from findr.errors import Unauthorized
from notifications.realtime import handshake
from notifications.realtime.admission import Refused, identify, is_own, stand_and_begin
from notifications.realtime.handshake import Handshake
from notifications.realtime.hub import Hub
from notifications.realtime.places import Places
from notifications.realtime.socket import Receive, Send, Socket
from notifications.realtime.threads import in_thread
from notifications.realtime.upkeep import Upkeep
from notifications.realtime.wire import CloseCode

logger = logging.getLogger(__name__)


class LiveFeed:
    """All sockets of this process. No task is made for a socket beside the server's own: an idle one only waits."""

    _hub: Hub
    _places: Places
    _upkeep: Upkeep | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One socket, from its handshake to its end."""
        await receive()
        if not handshake.is_welcome(scope):
            await send({"type": "websocket.close"})
            return
        socket = Socket(receive, send)
        await socket.accept()
        try:
            await self._serve(socket, handshake.read(scope))
        except Refused as refusal:
            socket.close(refusal.code)
        except ConnectionError:
            pass
        except DatabaseError as error:
            logger.warning("A socket could not begin: %s", type(error).__name__)
            socket.close(CloseCode.TRY_AGAIN)
        await socket.closed()

    async def _serve(self, socket: Socket, asked: Handshake) -> None:
        if not asked.user_id:
            raise Refused(CloseCode.USER_ID_MISSING)
        upkeep = await self._started()
        if not upkeep.is_switched_on:
            raise Refused(CloseCode.SWITCHED_OFF)
        claims = await identify(socket, asked, self._places, within=settings.SOCKET_AUTHENTICATE_SECONDS)
        who = claims.identity.limit_key
        if not await self._places.take(who, socket.name):
            raise Refused(CloseCode.RATE_LIMITED)
        try:
            if not is_own(claims, asked):
                await in_thread(refuse_revoked, claims)
                raise Refused(CloseCode.FORBIDDEN)
            await self._follow(socket, claims, asked.since, upkeep)
        except Unauthorized:
            raise Refused(CloseCode.UNAUTHORIZED) from None
        finally:
            self._places.give_back(who, socket.name)

    async def _follow(self, socket: Socket, claims: Claims, since: str | None, upkeep: Upkeep) -> None:
        follower = socket.follow(claims)
        # First to hear what is published, then to read what is there: nothing falls between the two.
        await self._hub.join(follower)
        try:
            follower.begin(await in_thread(stand_and_begin, claims, since))
            upkeep.sockets.add(socket)
            await _answer_pings(socket)
        finally:
            upkeep.sockets.discard(socket)
            await self._hub.leave(follower)

    async def _started(self) -> Upkeep:
        """The parts, made by the first socket: they live on the server's event loop."""
        if self._upkeep is None:
            self._hub, self._places = Hub(), Places()
            self._upkeep = Upkeep(self._hub, self._places)
        await self._upkeep.first_look()
        return self._upkeep


async def _answer_pings(socket: Socket) -> None:
    while (frame := await socket.next_frame()) is not None:
        if handshake.message_of(frame).get("type") == "ping" and socket.follower:
            socket.follower.pong()
