"""Suggested times as JSON."""

from collections.abc import Sequence
from typing import Any

from bookings.models import SuggestedTime
from findr.api.times import instant


def time_views(times: Sequence[SuggestedTime]) -> list[dict[str, Any]]:
    """Suggested times, in the given order."""
    return [{"id": str(time.id), "startTime": instant(time.start), "endTime": instant(time.end)} for time in times]
