"""Writing the feed: inside the transaction of the change that is told."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from findr import clock, faults
from findr.api.times import instant
from notifications.models import FeedEvent
from notifications.realtime.broadcast import Event, announce


@dataclass(frozen=True)
class Frame:
    """What one recipient is told of one change; `eventId`, `seq`, `type` and `timestamp` are added to the body."""

    recipient: UUID
    type: str
    booking_id: UUID | None
    body: dict[str, Any]


def publish(frames: Iterable[Frame]) -> None:
    """Number and write these frames, and have them sent live after the commit.

    Call it last: it takes the recipients' counters, in the order of their ids.

    Raises:
        RuntimeError: no transaction is open, so the frames would not be tied to any change.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A frame was published outside a transaction.")
    now, written = clock.now(), []
    with connection.cursor() as cursor:
        for frame in sorted(frames, key=lambda frame: frame.recipient):
            event_id = uuid4()
            body = {"type": frame.type, "eventId": str(event_id), **frame.body, "timestamp": instant(now)}
            cursor.execute(
                """
                WITH counter AS (
                    INSERT INTO notifications_feedcounter AS mine (recipient, last_seq) VALUES (%(recipient)s, 1)
                    ON CONFLICT (recipient) DO UPDATE SET last_seq = mine.last_seq + 1 RETURNING last_seq
                )
                INSERT INTO notifications_feedevent (id, recipient, seq, type, booking_id, frame, created_at)
                SELECT %(id)s, %(recipient)s, last_seq, %(type)s, %(booking)s,
                    %(body)s::jsonb || jsonb_build_object('seq', last_seq), %(now)s FROM counter
                RETURNING recipient, seq, frame::text
                """,
                {
                    "id": event_id,
                    "recipient": frame.recipient,
                    "type": frame.type,
                    "booking": frame.booking_id,
                    "body": json.dumps(body),
                    "now": now,
                },
            )
            written.append(Event(*cursor.fetchone()))
    transaction.on_commit(partial(announce, written))
    faults.reach("the feed is written")


def delete_old_events() -> int:
    """Delete what is older than `FEED_DAYS`; returns how many. Who asks for it is told to reload (contract 15.3)."""
    before = clock.now() - timedelta(days=settings.FEED_DAYS)
    deleted, _ = FeedEvent.objects.filter(created_at__lt=before).delete()
    return deleted
