"""One reader of a recipient's feed: every event once, in the order of its numbers, whatever gets lost on the way."""

import asyncio
import logging
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from notifications.realtime import wire
from notifications.realtime.outbox import Outbox
from notifications.realtime.positions import Beginning, page_after
from notifications.realtime.threads import in_thread

logger = logging.getLogger(__name__)

# How many events are fetched at once; the next ones once these are on their way.
PAGE_SIZE = 50


class Follower:
    """What is the next event is passed on; anything later means that one was missed, and the table has it.

    Attributes:
        position: the number of the last event that was given to the outbox.
        last_seq: the highest number that was heard of.
    """

    __slots__ = ("_catching_up", "_has_begun", "last_seq", "outbox", "position", "recipient")

    def __init__(self, recipient: UUID, outbox: Outbox) -> None:
        self.recipient = recipient
        self.outbox = outbox
        self.position = self.last_seq = 0
        self._has_begun = False
        self._catching_up: asyncio.Task[None] | None = None

    def begin(self, beginning: Beginning) -> None:
        """Say where the reader is, then what was missed; live from here on."""
        self.position = beginning.position
        self.last_seq = max(self.last_seq, beginning.last_seq)
        self._has_begun = True
        self.outbox.put(wire.connected(beginning.last_seq))
        if beginning.reload:
            self.outbox.put(wire.reload(beginning.last_seq, beginning.reload))
        self._catch_up_if_behind()

    def hear(self, seq: int, text: str) -> None:
        """An event was published."""
        if self._has_begun and not self._catching_up and seq == self.position + 1:
            self._pass_on(seq, text)
        self.hear_of(seq)

    def hear_of(self, seq: int) -> None:
        """There are events up to this number."""
        self.last_seq = max(self.last_seq, seq)
        if self._has_begun:
            self._catch_up_if_behind()

    def pong(self) -> None:
        """Answer a ping, after the events that are on their way."""
        self.outbox.put(wire.pong(self.last_seq))

    def end(self) -> None:
        """Nothing more is read or sent."""
        self.outbox.end()
        if self._catching_up:
            self._catching_up.cancel()

    def _pass_on(self, seq: int, text: str) -> None:
        self.position = seq
        self.outbox.put(text)

    def _catch_up_if_behind(self) -> None:
        if self.position < self.last_seq and not self._catching_up:
            self._catching_up = asyncio.get_running_loop().create_task(self._catch_up())

    async def _catch_up(self) -> None:
        try:
            while self.position < self.last_seq:
                await self._next_page()
        except DatabaseError as error:
            # The next look at the counters finds it again.
            logger.warning("Missed events could not be read: %s", type(error).__name__)
        finally:
            self._catching_up = None

    async def _next_page(self) -> None:
        heard_of = self.last_seq
        page = await in_thread(page_after, self.recipient, self.position, PAGE_SIZE)
        if page.last_seq <= self.position and heard_of == self.last_seq:
            # What was heard of is not there.
            self.last_seq = self.position
            return
        self.last_seq = max(self.last_seq, page.last_seq)
        if not page.events and page.last_seq > self.position:
            self.position = page.last_seq
            self.outbox.put(wire.reload(page.last_seq, wire.ReloadReason.TOO_MANY))
        for seq, text in page.events:
            self._pass_on(seq, text)
        try:
            async with asyncio.timeout(settings.SOCKET_DRAIN_SECONDS):
                await self.outbox.drained()
        except TimeoutError:
            self.outbox.end()
            self.outbox.when_full()
