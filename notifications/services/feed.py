"""Writing the feed, and the notifications that follow it: inside the transaction of the change that is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import uuid_utils
from django.conf import settings
from django.db import connection, transaction

from findr import clock, faults
from findr.api.times import instant
from findr.deleting import delete_in_parts
from findr.outbox.jobs import promise_each
from findr.postgresql.writers import Writer
from findr.transactions import write_together
from notifications.models import Delivery, FeedEvent, Notification
from notifications.realtime.broadcast import Event, announce

# Frames and their notifications, given as one list in JSON. Their numbers are taken from the recipients' counters, which
# stay locked until the commit: in the order of their ids, so that nobody waits for each other.
_PARTS = """
    told AS (SELECT * FROM jsonb_to_recordset(%(told)s) AS told (
        place int, created timestamptz, event uuid, recipient uuid, type text, booking uuid, frame jsonb, notification uuid,
        recipient_type text, push_type text, title text, body text, action_label text, provider uuid, priority text,
        valid_until timestamptz
    )), counter AS (
        INSERT INTO notifications_feedcounter AS mine (recipient, last_seq)
        SELECT recipient, count(*) FROM told GROUP BY recipient ORDER BY recipient
        ON CONFLICT (recipient) DO UPDATE SET last_seq = mine.last_seq + excluded.last_seq
        RETURNING recipient, last_seq
    ), numbered AS (
        SELECT told.*, last_seq + 1 - row_number() OVER (PARTITION BY recipient ORDER BY place DESC) AS seq
        FROM told JOIN counter USING (recipient)
    ), event AS (
        INSERT INTO notifications_feedevent (id, recipient, seq, type, booking_id, frame, created_at)
        SELECT event, recipient, seq, type, booking, frame || jsonb_build_object('seq', seq), created FROM numbered
        RETURNING recipient, seq, frame
    ), notification AS (
        INSERT INTO notifications_notification (
            id, recipient, recipient_type, type, title, body, action_label, booking_id, provider_id, event_id, priority,
            valid_until, created_at
        ) SELECT notification, recipient, recipient_type, push_type, title, body, action_label, booking, provider, event,
            priority, valid_until, created
        FROM numbered WHERE notification IS NOT NULL
    )
"""
_EVENTS = "SELECT recipient, seq, frame::text FROM event ORDER BY recipient, seq"


# So many notifications one job delivers.
IN_ONE_JOB = 32


@dataclass(frozen=True)
class Push:
    """What the recipient of a frame is told in words: on their devices, and in the centre (contract 14.3, 18.2).

    Attributes:
        type: the push's own, where it differs from the frame's.
        valid_until: the moment from which on it may no longer be true.
    """

    recipient_type: Notification.RecipientType
    type: str
    title: str
    body: str
    provider_id: UUID
    valid_until: datetime
    priority: Notification.Priority = Notification.Priority.NORMAL
    action_label: str = "View Details"


@dataclass(frozen=True)
class Frame:
    """What one recipient is told of one change; `eventId`, `seq`, `type` and `timestamp` are added to the body.

    Attributes:
        push: the notification that goes with it; None for a frame that only those hear who are listening.
    """

    recipient: UUID
    type: str
    booking_id: UUID | None
    body: dict[str, Any]
    push: Push | None = None


def publish(frames: Iterable[Frame]) -> None:
    """Number and write these frames and their notifications, promise that these are delivered, and have the frames sent
    live after the commit.

    They are written at the end of the service, with what it promises: recipients' counters are the last locks taken. Of one
    recipient's frames the first is told first.

    Raises:
        RuntimeError: no transaction is open, so the frames would not be tied to any change.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A frame was published outside a transaction.")
    now = clock.now()
    if told := [_row(frame, now) for frame in frames]:
        promise_delivery([row["notification"] for row in told if "notification" in row])
        write_together(_frames, told)


def promise_delivery(notification_ids: Sequence[str]) -> None:
    """Have these notifications delivered. In the caller's transaction."""
    parts = [notification_ids[first : first + IN_ONE_JOB] for first in range(0, len(notification_ids), IN_ONE_JOB)]
    promise_each("notifications.deliver", [{"notification_ids": part} for part in parts], things=len(notification_ids))


def _are_written(_: object, events: list[tuple[Any, ...]]) -> None:
    """Who listens is told after the commit, with the frames as they are stored."""
    transaction.on_commit(partial(announce, [Event(*row) for row in events]))
    faults.reach("the feed is written")


def _placed(told: list[dict[str, Any]]) -> dict[str, Any]:
    return {"told": orjson.dumps([{"place": place, **row} for place, row in enumerate(told)]).decode()}


_frames: Writer[dict[str, Any]] = Writer(_PARTS, _placed, _are_written, _EVENTS)


def _row(frame: Frame, now: datetime) -> dict[str, Any]:
    """One frame, and its notification if it has one, as the statement wants them."""
    event_id = str(uuid_utils.uuid7())
    row = {
        "created": now.isoformat(),
        "event": event_id,
        "recipient": str(frame.recipient),
        "type": frame.type,
        "booking": str(frame.booking_id) if frame.booking_id else None,
        "frame": {"type": frame.type, "eventId": event_id, **frame.body, "timestamp": instant(now)},
    }
    return row | _columns_of(frame.push) if frame.push else row


def _columns_of(push: Push) -> dict[str, Any]:
    return {
        "notification": str(uuid_utils.uuid7()),
        "recipient_type": push.recipient_type.value,
        "push_type": push.type,
        "title": push.title,
        "body": push.body,
        "action_label": push.action_label,
        "provider": str(push.provider_id),
        "priority": push.priority.value,
        "valid_until": push.valid_until.isoformat(),
    }


def delete_old_notifications() -> int:
    """Delete the entries that are older than `NOTIFICATION_DAYS`, with what was sent of them, and mails of that age that no entry
    goes with; returns how many entries.
    """
    before = clock.now() - timedelta(days=settings.NOTIFICATION_DAYS)
    delete_in_parts(Delivery.objects.filter(notification__created_at__lt=before))
    delete_in_parts(Delivery.objects.filter(notification=None, created_at__lt=before))
    return delete_in_parts(Notification.objects.filter(created_at__lt=before))


def delete_old_events() -> int:
    """Delete what is older than `FEED_DAYS`; returns how many. Who asks for it is told to reload (contract 15.3)."""
    before = clock.now() - timedelta(days=settings.FEED_DAYS)
    return delete_in_parts(FeedEvent.objects.filter(created_at__lt=before))
