"""The log of vendor calls that tests and people read at ``/__log``."""

from __future__ import annotations

from typing import Any

from findr.sandbox.exchange import Answer
from findr.sandbox.numbered_log import NumberedLog, Stopwatch


class Call:
    """One vendor call; its status stays None while it is under way and when it was never answered."""

    __slots__ = ("_entry", "_watch")

    def __init__(self, entry: dict[str, Any]) -> None:
        self._entry = entry
        self._watch = Stopwatch()

    def close(self, answer: Answer | None) -> None:
        """Note how the call was answered; None: the connection was closed without an answer."""
        self._watch.stop(self._entry)
        if answer:
            self._entry["status"] = answer.status
            self._entry["replayed"] = answer.replayed


class CallLog(NumberedLog):
    """The latest vendor calls, in the order they arrived."""

    def arrived(self, described: dict[str, Any], misbehaved: str | None) -> Call:
        """Note a call that arrived."""
        return Call(self.open(**described, status=None, replayed=False, misbehaved=misbehaved))
