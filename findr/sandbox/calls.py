"""The log of vendor calls that tests and people read at ``/__log``."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from findr.sandbox.wire import Answer

CAPACITY = 20_000


class Call:
    """One vendor call; its status stays None while it is under way and when it was never answered."""

    __slots__ = ("_entry", "_started")

    def __init__(self, entry: dict[str, Any]) -> None:
        self._entry = entry
        self._started = time.perf_counter()

    def close(self, answer: Answer | None) -> None:
        """Note how the call was answered; None: the connection was closed without an answer."""
        self._entry["duration_ms"] = round((time.perf_counter() - self._started) * 1000, 3)
        if answer:
            self._entry["status"] = answer.status
            self._entry["replayed"] = answer.replayed


class CallLog:
    """The latest vendor calls, in the order they arrived."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=CAPACITY)
        self._count = 0

    def open(self, entry: dict[str, Any], misbehaved: str | None) -> Call:
        """Note a call that arrived."""
        self._count += 1
        call = {
            "n": self._count,
            "at": time.time(),
            **entry,
            "status": None,
            "replayed": False,
            "misbehaved": misbehaved,
            "duration_ms": None,
        }
        self._entries.append(call)
        return Call(call)

    def since(self, number: int) -> list[dict[str, Any]]:
        """The remembered calls whose ``n`` is greater than the number."""
        return [entry for entry in self._entries if entry["n"] > number]

    def reset(self) -> None:
        """Forget every call and count from one again."""
        self._entries.clear()
        self._count = 0
