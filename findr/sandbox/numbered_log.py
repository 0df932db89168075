"""A log whose entries are numbered, so that a reader can ask for what came after the last one it saw."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

CAPACITY = 20_000


class NumberedLog:
    """The latest entries, in the order they were opened."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=CAPACITY)
        self._count = 0

    def open(self, **entry: Any) -> dict[str, Any]:
        """A new entry with its number ``n`` and its moment ``at``; it may still be changed."""
        self._count += 1
        numbered = {"n": self._count, "at": time.time(), **entry, "duration_ms": None}
        self._entries.append(numbered)
        return numbered

    def since(self, number: int) -> list[dict[str, Any]]:
        """The remembered entries whose ``n`` is greater than the number."""
        return [entry for entry in self._entries if entry["n"] > number]

    def reset(self) -> None:
        """Forget every entry and count from one again."""
        self._entries.clear()
        self._count = 0


class Stopwatch:
    """How long something takes, for an entry's ``duration_ms``."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def stop(self, entry: dict[str, Any]) -> None:
        """Note the time that has passed."""
        entry["duration_ms"] = round((time.perf_counter() - self._started) * 1000, 3)
