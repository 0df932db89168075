"""After the commit: each frame goes to its recipient's channel once, however many sockets listen.

Whoever commits hands it to a thread, and never waits for Redis nor hears of its failures. A frame may be lost on the way:
the table has it, and each web process looks there every moment for what did not come (`upkeep.py`).
"""

import atexit
import logging
import os
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Condition, Lock, Thread
from uuid import UUID

from redis import RedisError

from findr import shared_redis
from notifications.realtime import channels

logger = logging.getLogger(__name__)

# What may wait for Redis; beyond it the oldest are left to the table.
MOST_WAITING = 5000
MOST_AT_ONCE = 100
# After a failure the next try has this much time before it: what is published meanwhile is left to the table.
PAUSE_SECONDS = 1.0
# A process that ends gives what it has just committed this long to leave.
LAST_SECONDS = 1.0


@dataclass(frozen=True)
class Event:
    """A committed event: `text` is its frame as the table has it."""

    recipient: UUID
    seq: int
    text: str


class Sender:
    """One thread, and what it still has to send."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque(maxlen=MOST_WAITING)
        self._changed = Condition()
        self._is_busy = False
        self._is_failing = False
        Thread(target=self._run, name="broadcast", daemon=True).start()

    def take(self, events: Iterable[Event]) -> None:
        """Have these sent, in this order."""
        with self._changed:
            self._waiting.extend(events)
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Whether all was sent, or given up, within this time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._is_busy, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._is_busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
                self._is_busy = True
            self._send(batch)

    def _send(self, batch: list[Event]) -> None:
        try:
            redis = shared_redis.client()
            prefix, pipeline = channels.prefix_of(redis), redis.pipeline(transaction=False)
            for event in batch:
                pipeline.publish(f"{prefix}{event.recipient}", channels.message(event.seq, event.text))
            pipeline.execute()
        except (RedisError, OSError) as error:
            self._give_up(error)
        else:
            self._is_failing = False

    def _give_up(self, error: Exception) -> None:
        if not self._is_failing:
            logger.warning("Events do not reach Redis (%s): web processes find them.", type(error).__name__)
        self._is_failing = True
        time.sleep(PAUSE_SECONDS)
        self._waiting.clear()


_senders: dict[int, Sender] = {}
_making = Lock()


def announce(events: Iterable[Event]) -> None:
    """Send these, soon. Call it after their commit."""
    _sender().take(events)


def wait_until_sent(seconds: float = LAST_SECONDS) -> bool:
    """Whether what was announced in this process has left it within this time."""
    sender = _senders.get(os.getpid())
    return sender is None or sender.wait(seconds)


def _sender() -> Sender:
    # By process: a thread does not come along when a process is copied.
    with _making:
        return _senders.setdefault(os.getpid(), _senders.get(os.getpid()) or Sender())


atexit.register(wait_until_sent)
