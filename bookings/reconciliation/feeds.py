"""The numbers of each recipient's feed: no gap up to the last one."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from bookings.reconciliation.finding import Finding
from notifications.models import FeedCounter, FeedEvent


def recipients(size: int) -> Iterator[list[UUID]]:
    """Everybody who has a counter, or events that nobody counts, in order, `size` at a time or a few more."""
    counters, last, is_over = FeedCounter.objects.order_by("pk").values_list("pk", flat=True), UUID(int=0), False
    while not is_over:
        page = list(counters.filter(pk__gt=last)[:size])
        is_over = len(page) < size
        uncounted = FeedEvent.objects.filter(recipient__gt=last).exclude(recipient__in=page)
        if not is_over:
            last = page[-1]
            uncounted = uncounted.filter(recipient__lt=last)
        page += uncounted.order_by().values_list("recipient", flat=True).distinct()
        if page:
            yield page


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
