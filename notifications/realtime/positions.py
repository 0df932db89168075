"""Where a socket begins, what it missed, and who is behind: the questions that the feed's tables answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import TextField
from django.db.models.functions import Cast

from notifications.models import FeedEvent
from notifications.realtime.wire import ReloadReason
from notifications.selectors import last_seq

# Contract 15.3: who has missed more fetches everything anew.
MOST_REPLAYED = 300

_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Beginning:
    """Where a socket begins.

    Attributes:
        last_seq: the highest number that the recipient has been given.
        position: what comes after it is sent.
        reload: why nothing of what was missed is sent.
    """

    last_seq: int
    position: int
    reload: ReloadReason | None = None


@dataclass(frozen=True)
class Page:
    """Frames after a position, each with its number; none if they cannot be had without a hole."""

    events: list[tuple[int, str]]
    last_seq: int


def beginning_of(recipient: UUID, since: str | None) -> Beginning:
    """Where to begin for somebody who has seen everything up to `since`, as it stands in the address."""
    last = last_seq(recipient)
    if since is None:
        return Beginning(last, last)
    reason = _reason_to_reload(recipient, since, last)
    return Beginning(last, last if reason else int(since), reason)


def _reason_to_reload(recipient: UUID, since: str, last: int) -> ReloadReason | None:
    if not _NUMBER.fullmatch(since) or int(since) > last:
        return ReloadReason.UNKNOWN_POSITION
    position = int(since)
    if position < last and not FeedEvent.objects.filter(recipient=recipient, seq=position + 1).exists():
        return ReloadReason.TOO_OLD
    return ReloadReason.TOO_MANY if last - position > MOST_REPLAYED else None


def page_after(recipient: UUID, position: int, size: int) -> Page:
    """The next frames, at most `size`, as they were sent to others; and the highest number there is."""
    last = last_seq(recipient)
    if last - position > MOST_REPLAYED:
        return Page([], last)
    found = FeedEvent.objects.filter(recipient=recipient, seq__gt=position, seq__lte=last).order_by("seq")
    events = list(found.annotate(text=Cast("frame", TextField())).values_list("seq", "text")[:size])
    is_whole = [seq for seq, _ in events] == list(range(position + 1, position + 1 + min(size, last - position)))
    return Page(events if is_whole else [], last)


def behind(positions: Mapping[UUID, int]) -> dict[UUID, int]:
    """The highest numbers of those who have been given more than this. One statement, whatever their number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT counter.recipient, counter.last_seq
            FROM unnest(%s::uuid[], %s::bigint[]) AS followed (recipient, position)
            JOIN notifications_feedcounter AS counter ON counter.recipient = followed.recipient
            WHERE counter.last_seq > followed.position
            """,
            [list(positions), list(positions.values())],
        )
        return dict(cursor.fetchall())
