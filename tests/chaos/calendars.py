"""Calendars whose answers anybody can tell in advance: half of the practices have one, and it is mostly free."""

from datetime import datetime
from uuid import UUID

from calendars.reading import CalendarAnswer


class Planned:
    """By the practice's id and the hour that is asked about, so that every process and every run reads the same."""

    def is_connected(self, provider_id: UUID) -> bool:
        """Every other practice has one."""
        return provider_id.int % 2 == 0

    def look(self, provider_id: UUID, start: datetime, end: datetime, *, seconds: float) -> CalendarAnswer:
        """Busy in some hours, out of order in a few."""
        if not self.is_connected(provider_id):
            return CalendarAnswer.NOT_CONNECTED
        return {0: CalendarAnswer.BUSY, 1: CalendarAnswer.FAILED}.get(
            (start.hour * 7 + start.day) % 9, CalendarAnswer.FREE
        )
