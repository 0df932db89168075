"""Reading the feed from a position on (contract 15.3, 18.1)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from notifications.models import FeedCounter, FeedEvent


@dataclass(frozen=True)
class Stretch:
    """The events after a position.

    Attributes:
        reload: the position is unknown, or its next event is no longer kept: fetch everything anew.
    """

    frames: list[dict[str, Any]]
    last_seq: int
    next_since: int
    has_more: bool
    reload: bool = False


def events_after(recipient: UUID, since: int, *, limit: int) -> Stretch:
    """At most `limit` frames with a higher number than `since`, ascending. Two statements, whatever was missed."""
    last = FeedCounter.objects.filter(recipient=recipient).values_list("last_seq", flat=True).first() or 0
    found = FeedEvent.objects.filter(recipient=recipient, seq__gt=since, seq__lte=last).order_by("seq")
    rows = list(found.values_list("seq", "frame")[:limit]) if since < last else []
    has_hole = since < last and (not rows or rows[-1][0] != since + len(rows))
    if since > last or has_hole:
        return Stretch([], last, last, has_more=False, reload=True)
    next_since = rows[-1][0] if rows else since
    return Stretch([frame for _, frame in rows], last, next_since, has_more=next_since < last)
