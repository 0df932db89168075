"""How long a web request may wait for vendors, and how many may wait at once.

A vendor that stops answering must not stop findr: at most half of the web threads wait for vendors at any moment,
and each wait has a wall-clock end that leaves room for the answer.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.conf import settings

from findr.errors import TemporarilyUnavailable

_places = BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


class Budget:
    """The wall clock of one web request, or of one attempt of a job, counted from its creation, in seconds."""

    def __init__(self, seconds: float | None = None) -> None:
        self._end = time.monotonic() + (settings.REQUEST_SECONDS if seconds is None else seconds)

    def for_call(self, at_most: float) -> float:
        """Seconds that the next vendor call may take: its own limit, or what is left of the request."""
        return min(at_most, self.left())

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Seconds until the end, a twentieth at least: a call that is made must be able to fail."""
        return max(0.05, self._end - time.monotonic())


@contextmanager
def place() -> Iterator[None]:
    """One of the places for web requests that wait for a vendor.

    A burst queues for a moment, since most places are free again within one call; a vendor that hangs must not take
    the other half of the threads with it, so the moment is short.

    Raises:
        TemporarilyUnavailable: all places are taken. Ask before anything is written.
    """
    if not _places.acquire(timeout=settings.VENDOR_QUEUE_SECONDS):
        raise TemporarilyUnavailable
    try:
        yield
    finally:
        _places.release()
