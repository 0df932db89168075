"""What a check says: one broken invariant."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

# What is being looked at, how much of it has been, and how much there is.
OnProgress = Callable[[str, int, int], None]


class Remedy(StrEnum):
    """What the services can do about a finding without a person."""

    REOPEN = "reopen"
    TRY_AGAIN = "try_again"
    EXPIRE = "expire"
    FREE_TIME = "free_time"
    TAKE_TIME = "take_time"
    CLOSE_SUGGESTIONS = "close_suggestions"
    READ_AT_VENDOR = "read_at_vendor"
    WRITE_EVENT = "write_event"
    DELETE_EVENT = "delete_event"
    COUNT_ANEW = "count_anew"


@dataclass(frozen=True)
class Finding:
    """One broken invariant: which, of what, and what is wrong with it.

    Attributes:
        subject: a booking's number where there is one, else the id of what is wrong.
        detail: the same sentence however often the same is found: no ages, no counters.
        booking_id: whose page tells more; None if it is about no booking.
        key: the row to look at again: of a booking, a time hold, a practice, a feed's recipient, an intent or an event at the vendor.
        remedy: None if it needs a person.
    """

    invariant: str
    subject: str
    detail: str
    booking_id: UUID | None = None
    key: Any = field(default=None, compare=False, repr=False)
    remedy: Remedy | None = None

    def __str__(self) -> str:
        return f"{self.invariant}: {self.subject}: {self.detail}"
