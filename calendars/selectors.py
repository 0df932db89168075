"""Questions that other apps put to the practices' calendars."""

import time
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from calendars.reading import CalendarReader, Reading
from findr import clock


def is_connected(provider_id: UUID) -> bool:
    """Whether the practice has a calendar connected and chosen."""
    return _reader().is_connected(provider_id)


def live_reading(provider_id: UUID, start: datetime, end: datetime, *, seconds: float) -> Reading:
    """Ask the calendar about exactly [start, end), now, within `seconds` of wall clock."""
    read_at, began = clock.now(), time.monotonic()
    answer = _reader().look(provider_id, start, end, seconds=seconds)
    return Reading(answer=answer, read_at=read_at, took_ms=round((time.monotonic() - began) * 1000))


def _reader() -> CalendarReader:
    reader: CalendarReader = import_string(settings.CALENDAR_READER)()
    return reader
