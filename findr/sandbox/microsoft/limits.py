"""How much of Graph one mailbox may ask for at once (https://learn.microsoft.com/graph/throttling-limits)."""

from __future__ import annotations

from collections import Counter

from findr.sandbox.microsoft.errors import throttled

AT_ONCE = 4
RETRY_SECONDS = 1


class Concurrency:
    """Calls under way for each mailbox; ``most`` None: any number."""

    def __init__(self) -> None:
        self.most: int | None = AT_ONCE
        self._under_way: Counter[str] = Counter()

    def enter(self, mailbox: str) -> None:
        """One more; 429 ``ApplicationThrottled`` if that is too many."""
        if self.most is not None and self._under_way[mailbox] >= self.most:
            raise throttled("Application is over its MailboxConcurrency limit.", RETRY_SECONDS)
        self._under_way[mailbox] += 1

    def leave(self, mailbox: str) -> None:
        """One is over."""
        self._under_way[mailbox] -= 1

    def reset(self) -> None:
        """As the vendor is."""
        self.most = AT_ONCE
        self._under_way.clear()
