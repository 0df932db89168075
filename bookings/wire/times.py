"""Times of a visit as JSON: those that are suggested, and the two of a visit that was moved."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bookings.models import SuggestedTime
from findr.api.times import instant


def time_views(times: Sequence[SuggestedTime]) -> list[dict[str, Any]]:
    """Suggested times, in the given order."""
    return [{"id": str(time.id), **span_view(time.start, time.end)} for time in times]


def span_view(start: datetime, end: datetime) -> dict[str, Any]:
    """From when until when."""
    return {"startTime": instant(start), "endTime": instant(end)}
