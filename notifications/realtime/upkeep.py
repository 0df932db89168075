"""What each web process looks after while sockets are open, every `SOCKET_LOOK_SECONDS`.

Events that did not come through Redis, tokens that expired or were revoked, the kill switch, and the leases of the places.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from findr import clock
from findr.accounts.authentication import revoked_among
from findr.api.tokens import Claims
from findr.switches import Switch, is_on
from notifications.realtime.hub import Hub
from notifications.realtime.places import RENEW_SECONDS, Places
from notifications.realtime.positions import behind
from notifications.realtime.socket import Socket
from notifications.realtime.threads import in_thread
from notifications.realtime.wire import CloseCode

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Findings:
    """What one look found."""

    is_switched_on: bool
    behind: dict[UUID, int]
    revoked: list[Claims]


class Upkeep:
    """The look, again and again.

    Attributes:
        sockets: those that have begun.
        is_switched_on: as of the last look.
    """

    def __init__(self, hub: Hub, places: Places) -> None:
        self.sockets: set[Socket] = set()
        self.is_switched_on = True
        self._hub = hub
        self._places = places
        self._renewed_at = monotonic()
        self._first = asyncio.Event()
        self._running = asyncio.get_running_loop().create_task(self._run())

    async def first_look(self) -> None:
        """Until it is known whether live updates are switched on."""
        await self._first.wait()

    async def _run(self) -> None:
        while True:
            try:
                await self._look()
            except DatabaseError as error:
                logger.warning("The feeds could not be looked at: %s", type(error).__name__)
            except Exception:
                logger.exception("A look at the feeds failed.")
            self._first.set()
            await asyncio.sleep(settings.SOCKET_LOOK_SECONDS)

    async def _look(self) -> None:
        tokens = [socket.claims for socket in self.sockets if socket.claims]
        findings = await in_thread(_findings, self._hub.positions(), tokens)
        self.is_switched_on = findings.is_switched_on
        self._hub.hear_of(findings.behind)
        self._end_sockets(set(map(id, findings.revoked)))
        if self.sockets and monotonic() - self._renewed_at > RENEW_SECONDS:
            self._renewed_at = monotonic()
            await self._places.renew([(one.claims.identity.limit_key, one.name) for one in self.sockets if one.claims])

    def _end_sockets(self, revoked: set[int]) -> None:
        now = clock.now()
        for socket in tuple(self.sockets):
            if not self.is_switched_on:
                socket.close(CloseCode.SWITCHED_OFF)
            elif socket.claims and (id(socket.claims) in revoked or socket.claims.expires_at <= now):
                socket.close(CloseCode.UNAUTHORIZED)


def _findings(positions: Mapping[UUID, int], tokens: Sequence[Claims]) -> Findings:
    return Findings(
        is_switched_on=is_on(Switch.REALTIME),
        behind=behind(positions) if positions else {},
        revoked=revoked_among(tokens) if tokens else [],
    )
