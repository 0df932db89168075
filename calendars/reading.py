"""What a look into a practice's calendar can say, and who looks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class CalendarAnswer(StrEnum):
    """Only FREE means free: an error, a time-out or silence never does."""

    NOT_CONNECTED = "not_connected"
    FREE = "free"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True)
class Reading:
    """One live look: the answer, when it was read, and how long it took."""

    answer: CalendarAnswer
    read_at: datetime
    took_ms: int


class CalendarReader(Protocol):
    """Looks into calendars. `settings.CALENDAR_READER` names the class."""

    def is_connected(self, provider_id: UUID) -> bool:
        """Whether the practice has a calendar connected and chosen."""
        ...

    def look(self, provider_id: UUID, start: datetime, end: datetime, *, seconds: float) -> CalendarAnswer:
        """Whether [start, end) is free right now, asked within `seconds` of wall clock. Never raises."""
        ...


class NoCalendars:
    """Nobody has a calendar connected."""

    def is_connected(self, provider_id: UUID) -> bool:
        return False

    def look(self, provider_id: UUID, start: datetime, end: datetime, *, seconds: float) -> CalendarAnswer:
        return CalendarAnswer.NOT_CONNECTED
