"""The sandbox's own clock: the machine's time plus an offset that tests and demos may move."""

from __future__ import annotations

import time


class Clock:
    """Tells the vendors what time it is, in whole seconds since the epoch."""

    def __init__(self, offset_seconds: int = 0) -> None:
        self.offset_seconds = offset_seconds

    def now(self) -> int:
        """The sandbox's present moment."""
        return int(time.time()) + self.offset_seconds
