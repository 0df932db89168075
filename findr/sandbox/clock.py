"""The sandbox's own clock: the machine's time, as far ahead as findr's own, plus an offset that tests and demos may move."""

from __future__ import annotations

import os
import time


class Clock:
    """Tells the vendors what time it is, in whole seconds since the epoch."""

    def __init__(self, offset_seconds: int = 0) -> None:
        self.offset_seconds = offset_seconds
        # Where the run begins, for every process of a stack (findr/clock.py).
        self._ahead = float(os.environ.get("FINDR_CLOCK_AHEAD", "0"))

    def now(self) -> int:
        """The sandbox's present moment."""
        return int(time.time() + self._ahead) + self.offset_seconds
