"""What a look into a calendar can say, and who looks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID


class CalendarAnswer(StrEnum):
    """Only FREE means free: an error, a time-out or silence never does."""

    NOT_CONNECTED = "not_connected"
    FREE = "free"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True)
class Reading:
    """One live look: the answer, when it was read, and how long it took.

    Attributes:
        vendor: whose calendar was asked; blank if none is connected.
        error: why nothing could be read, as `CalendarError.code`; blank if something was.
    """

    answer: CalendarAnswer
    read_at: datetime
    took_ms: int
    vendor: str = ""
    error: str = ""


@dataclass(frozen=True)
class LaneCalendar:
    """What is known of a lane's calendar without asking anybody.

    Attributes:
        busy: `[start, end)` of what stands in it, in seconds since 1970; None if it was not read lately, so that nothing can
            be said.
    """

    is_connected: bool
    busy: list[tuple[float, float]] | None = None


@dataclass(frozen=True)
class Look:
    """What one look said; see `Reading`."""

    answer: CalendarAnswer
    vendor: str = ""
    error: str = ""


class CalendarReader(Protocol):
    """Looks into calendars. `settings.CALENDAR_READER` names the class."""

    def connection_of(self, provider_id: UUID, member_id: UUID | None, *, may_have_one: bool = True) -> Any:
        """The calendar that speaks for a lane: the team member's, else the practice's; None if neither is connected.

        Args:
            may_have_one: False: it is known that nobody of the practice has one.
        """
        ...

    def look(self, connection: Any, start: datetime, end: datetime, *, seconds: float) -> Look:
        """Whether [start, end) is free there right now, asked within `seconds` of wall clock. Never raises."""
        ...


class NoCalendars:
    """Nobody has a calendar connected."""

    def connection_of(self, provider_id: UUID, member_id: UUID | None, *, may_have_one: bool = True) -> Any:
        return None

    def look(self, connection: Any, start: datetime, end: datetime, *, seconds: float) -> Look:
        return Look(CalendarAnswer.NOT_CONNECTED)
