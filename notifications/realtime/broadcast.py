"""After the commit: each frame goes to its recipient's channel once, however many sockets listen.

Redis is asked for no answers, so that whoever commits hands its frames to the operating system and goes on, and hears of no
failure. Only once Redis has stood still until no buffer has room does one caller wait, until the time-out of the socket. A
frame may be lost on the way: the table has it, and each web process looks there every moment for what did not come
(`upkeep.py`). Whether Redis still takes them is asked with each new connection, which is made every minute.
"""

import atexit
import logging
import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from redis import RedisError

from findr import shared_redis
from notifications.realtime import channels

logger = logging.getLogger(__name__)

# What may wait for a connection; beyond it the oldest are left to the table.
MOST_WAITING = 5000
MOST_AT_ONCE = 100
# Before it is connected to once more, after that has failed: what is published meanwhile is left to the table.
PAUSE_SECONDS = 1.0
# A connection that had nothing to do for so long may have been closed by Redis.
IDLE_SECONDS = 1.0
# For so long a Redis is believed that would refuse what it took before, or that cannot be reached any more.
KEPT_SECONDS = 60.0
# A process that ends gives what it has just committed this long to leave.
LAST_SECONDS = 1.0


@dataclass(frozen=True)
class Event:
    """A committed event: `text` is its frame as the table has it."""

    recipient: UUID
    seq: int
    text: str


class Sender:
    """One connection, and what still has to go over it."""

    def __init__(self, *, kept_seconds: float = KEPT_SECONDS) -> None:
        self._kept_seconds = kept_seconds
        self._waiting: deque[Event] = deque(maxlen=MOST_WAITING)
        # Whoever has it sends what waits, that of others as well: nobody waits for it.
        self._sending = Lock()
        self._connection: Any = None
        self._prefix = ""
        self._connected_at = self._last_sent = 0.0
        self._is_failing = False

    def take(self, events: Iterable[Event]) -> None:
        """Have these sent, in this order."""
        self._waiting.extend(events)
        self._send()

    def wait(self, seconds: float) -> bool:
        """Whether all was sent, or given up, within this time."""
        until = monotonic() + seconds
        while self._sending.acquire(timeout=max(until - monotonic(), 0)):
            is_idle = not self._waiting
            self._sending.release()
            if is_idle or monotonic() > until:
                return is_idle
            self._send()
        return False

    def _send(self) -> None:
        # What another thread adds while this one has the lock is this one's to send: hence the second look.
        while self._waiting and self._sending.acquire(blocking=False):
            is_handed_on = False
            try:
                if self._stands():
                    self._publish()
                else:
                    is_handed_on = self._connect_elsewhere()
            finally:
                if not is_handed_on:
                    self._sending.release()

    def _stands(self) -> bool:
        """Whether there is a connection that may still be used."""
        if self._connection is not None and self._is_over(self._connection):
            self._drop()
        return self._connection is not None

    def _is_over(self, connection: Any) -> bool:
        now = monotonic()
        # One that was closed would be made anew when it is used, and with answers.
        if not connection.is_connected or now - self._connected_at > self._kept_seconds:
            return True
        if now - self._last_sent <= IDLE_SECONDS:
            return False
        try:
            return bool(connection.can_read())  # It says nothing but that it is over.
        except (RedisError, OSError):
            return True

    def _drop(self) -> None:
        """Close the connection; what it was given before still leaves."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()

    def _publish(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
        messages = [(f"{self._prefix}{event.recipient}", channels.message(event.seq, event.text)) for event in batch]
        commands = self._connection.pack_commands([("PUBLISH", channel, message) for channel, message in messages])
        try:
            self._connection.send_packed_command(commands, check_health=False)
        except (RedisError, OSError) as error:
            self._give_up(error)
        else:
            self._last_sent = monotonic()

    def _connect_elsewhere(self) -> bool:
        """In a thread, since it may take a while; whether the lock is the thread's from here on."""
        try:
            Thread(target=self._connect, name="broadcast", daemon=True).start()
        except RuntimeError as error:  # There can be no more of them.
            self._give_up(error)
            self._waiting.clear()
            return False
        return True

    def _connect(self) -> None:
        try:
            self._prefix = channels.prefix_of(shared_redis.client())
            # To nobody: if this is refused, all would be, and nobody would hear of it.
            self._connection = shared_redis.connection_without_answers("PUBLISH", self._prefix, "")
            self._connected_at = self._last_sent = monotonic()
            self._is_failing = False
        except (RedisError, OSError) as error:
            self._give_up(error)
            sleep(PAUSE_SECONDS)
            self._waiting.clear()
        finally:
            self._sending.release()
        self._send()

    def _give_up(self, error: Exception) -> None:
        """Said once, until a connection stands again."""
        if not self._is_failing:
            logger.warning("Events do not reach Redis (%s): web processes find them.", type(error).__name__)
        self._is_failing = True
        self._drop()


# By process and Redis: neither a thread nor a connection is to be had by two, when a process is copied.
_senders: dict[tuple[int, str], Sender] = {}


def announce(events: Iterable[Event]) -> None:
    """Send these, soon. Call it after their commit."""
    place = (os.getpid(), shared_redis.address())
    sender = _senders.get(place) or _senders.setdefault(place, Sender())
    sender.take(events)


def wait_until_sent(seconds: float = LAST_SECONDS) -> bool:
    """Whether what was announced in this process has left it within this time."""
    sender = _senders.get((os.getpid(), shared_redis.address()))
    return sender is None or sender.wait(seconds)


atexit.register(wait_until_sent)
