"""The numbers of each recipient's feed: no gap up to the last one."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from bookings.reconciliation.finding import Finding
from notifications.models import FeedEvent


def told() -> QuerySet[Any]:
    """Each recipient of an event that is still kept. Of others there is nothing left to number."""
    return FeedEvent.objects.order_by("recipient").values("recipient").distinct()


def check_numbers(keys: Sequence[Any]) -> Iterator[Finding]:
    """Events are numbered without a gap up to the last; only the oldest may have been deleted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(e.recipient, c.recipient), e.first, e.last, e.number, coalesce(c.last_seq, 0)
            FROM (SELECT * FROM notifications_feedcounter WHERE recipient = ANY(%(keys)s)) c FULL JOIN (
                SELECT recipient, min(seq) AS first, max(seq) AS last, count(*) AS number
                FROM notifications_feedevent WHERE recipient = ANY(%(keys)s) GROUP BY recipient
            ) e ON e.recipient = c.recipient
            WHERE e.last IS DISTINCT FROM c.last_seq OR e.number <> e.last - e.first + 1
            """,
            {"keys": list(keys)},
        )
        for recipient, first, last, number, counted in cursor.fetchall():
            if number is not None:  # Else all of them were old, and are deleted.
                detail = f"{number} events from {first} to {last}, {counted} were counted"
                yield Finding("feed", str(recipient), detail, key=recipient)
