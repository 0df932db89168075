"""How many calls a vendor takes from, or about, one account: what is beyond is refused."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from math import ceil

from findr.sandbox.routes import Refusal

ANY = "*"


class TooManyCalls(Refusal):
    """One call too many; ``retry_after``: in how many seconds there is room again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many calls; retry in {retry_after} s.")
        self.retry_after = retry_after


class CallLimits:
    """Calls per window of seconds, by account (a mailbox, a project); what is refused does not count. The seconds are real ones."""

    def __init__(self, seconds_now: Callable[[], float] = time.monotonic) -> None:
        self._now = seconds_now
        self._limits: dict[str, tuple[int, float]] = {}
        self._calls: dict[str, deque[float]] = {}

    def limit(self, account: str, calls: int | None, seconds: float) -> None:
        """So many calls in so many seconds for an account, or ``*`` for each that has no limit of its own; None: any."""
        self._limits.pop(account, None)
        if calls is not None:
            self._limits[account] = (calls, seconds)

    def count(self, account: str) -> None:
        """One more call; TooManyCalls if it is beyond."""
        calls, seconds = self._limits.get(account) or self._limits.get(ANY) or (None, 0.0)
        if calls is None:
            return
        now = self._now()
        taken = self._calls.setdefault(account, deque())
        while taken and taken[0] <= now - seconds:
            taken.popleft()
        if len(taken) >= calls:
            raise TooManyCalls(max(1, ceil(taken[0] + seconds - now)) if taken else ceil(seconds))
        taken.append(now)

    def reset(self) -> None:
        """No limits."""
        self._limits.clear()
        self._calls.clear()
