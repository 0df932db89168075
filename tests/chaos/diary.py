"""What everybody was told, word for word: each answer is a promise, and is held against the truth in the end."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One answer, or the lack of one (status 0).

    Attributes:
        action: what was asked for, such as `create` or `confirm`.
        tag: the journey's, and for a create also the call's.
        key: the idempotency key that went with it.
        began, ended: on the machine's monotonic clock.
        trouble: why there is no answer.
    """

    who: str
    action: str
    tag: str
    path: str
    key: str
    status: int
    body: Any
    began: float
    ended: float
    trouble: str = ""

    @property
    def code(self) -> str:
        """The refusal's machine word."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""

    @property
    def booking_id(self) -> str:
        """The booking that the answer is about, if it names one."""
        if not isinstance(self.body, dict):
            return ""
        return str(self.body.get("bookingId") or (self.body.get("booking") or {}).get("id") or "")

    def __str__(self) -> str:
        said = f"{self.status} {self.code}".strip() if self.status else f"no answer ({self.trouble})"
        return f"{self.began:.2f} {self.who}: {self.action} {self.tag}: {said} after {self.ended - self.began:.2f} s"


@dataclass
class Diary:
    """Entries of all threads, in the order in which they ended, and what went wrong in the play itself."""

    entries: list[Entry] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, entry: Entry) -> None:
        """Note an answer."""
        with self._lock:
            self.entries.append(entry)

    def count(self, what: str) -> None:
        """Note that something of this kind was done."""
        with self._lock:
            self.counts[what] += 1

    def trouble(self, text: str) -> None:
        """Note that somebody could not go on playing."""
        with self._lock:
            self.troubles.append(text)

    def about(self, tag: str) -> list[Entry]:
        """Everything that was said about one journey."""
        return [entry for entry in self.entries if entry.tag.split("/")[0] == tag]
