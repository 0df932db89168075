"""Questions that other apps put to the practices' calendars."""

import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from calendars.reading import CalendarAnswer, CalendarReader, Reading
from findr import clock


def live_reading(
    provider_id: UUID,
    start: datetime,
    end: datetime,
    *,
    seconds: float,
    before_asking: Callable[[], None] | None = None,
) -> Reading:
    """Ask the practice's calendar about exactly [start, end), now, within `seconds` of wall clock.

    Args:
        before_asking: run if there is a calendar, before it is asked; whatever it raises is raised, and nobody is asked.
    """
    reader = _reader()
    read_at, began = clock.now(), time.monotonic()
    if not reader.is_connected(provider_id):
        return Reading(CalendarAnswer.NOT_CONNECTED, read_at, took_ms=0)
    if before_asking:
        before_asking()
    answer = reader.look(provider_id, start, end, seconds=seconds)
    return Reading(answer, read_at, took_ms=round((time.monotonic() - began) * 1000))


def is_connected(provider_id: UUID) -> bool:
    """Whether the practice has a calendar connected and chosen, for those who show it, and where no calendar may be asked."""
    return _reader().is_connected(provider_id)


def _reader() -> CalendarReader:
    reader: CalendarReader = import_string(settings.CALENDAR_READER)()
    return reader
