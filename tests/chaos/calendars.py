"""Calendars whose answers anybody can tell in advance: half of the practices have one, and it is mostly free."""

from datetime import datetime
from uuid import UUID

from calendars.reading import CalendarAnswer, Look


class Planned:
    """By the practice's id and the hour that is asked about, so that every process and every run reads the same."""

    def connection_of(self, provider_id: UUID, member_id: UUID | None) -> UUID | None:
        """Every other practice has one."""
        return provider_id if provider_id.int % 2 == 0 else None

    def look(self, connection: UUID, start: datetime, end: datetime, *, seconds: float) -> Look:
        """Busy in some hours, out of order in a few."""
        answers = {0: CalendarAnswer.BUSY, 1: CalendarAnswer.FAILED}
        return Look(answers.get((start.hour * 7 + start.day) % 9, CalendarAnswer.FREE))
