"""Reading the feed from a position on (contract 15.3, 18.1), and the centre (18.2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from notifications.models import FeedCounter, FeedEvent, Notification


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
    last = last_seq(recipient)
    found = FeedEvent.objects.filter(recipient=recipient, seq__gt=since, seq__lte=last).order_by("seq")
    rows = list(found.values_list("seq", "frame")[:limit]) if since < last else []
    has_hole = since < last and (not rows or rows[-1][0] != since + len(rows))
    if since > last or has_hole:
        return Stretch([], last, last, has_more=False, reload=True)
    next_since = rows[-1][0] if rows else since
    return Stretch([frame for _, frame in rows], last, next_since, has_more=next_since < last)


def last_seq(recipient: UUID) -> int:
    """The highest number that a recipient has been given; 0 if none was."""
    return FeedCounter.objects.filter(recipient=recipient).values_list("last_seq", flat=True).first() or 0


@dataclass(frozen=True)
class CentrePage:
    """Some entries of a centre, how many there are of their kind, and how many of all are not read."""

    entries: list[Notification]
    total: int
    unread: int


def entries_of(recipient: UUID) -> QuerySet[Notification]:
    """What the recipient's centre shows, newest first."""
    return Notification.objects.filter(recipient=recipient, deleted_at=None)


def centre_page(recipient: UUID, *, unread_only: bool, limit: int, offset: int) -> CentrePage:
    """One page of a centre. Order and numbers come from indexes: only the rows of this page are read."""
    shown = entries_of(recipient).filter(read_at=None) if unread_only else entries_of(recipient)
    page, unread = list(shown[offset : offset + limit]), unread_count(recipient)
    return CentrePage(page, unread if unread_only else shown.count(), unread)


def unread_count(recipient: UUID) -> int:
    """The badge: counted from an index in which there is nothing but what is not read (lesson 62)."""
    return entries_of(recipient).filter(read_at=None).count()


def unread_counts(recipients: Iterable[UUID]) -> dict[UUID, int]:
    """The badge of each of them, in one statement."""
    badges = dict.fromkeys(recipients, 0)
    unread = Notification.objects.filter(recipient__in=list(badges), read_at=None, deleted_at=None)
    return badges | dict(unread.order_by().values_list("recipient").annotate(Count("id")))
