"""Writing the feed, and the notifications that follow it: inside the transaction of the change that is told."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from findr import clock, faults
from findr.api.times import instant
from findr.outbox.jobs import promise_each
from notifications.models import Delivery, FeedEvent, Notification
from notifications.realtime.broadcast import Event, announce

# The number is taken from the recipient's counter, which stays locked until the commit.
_FEED_EVENT = """
    WITH counter AS (
        INSERT INTO notifications_feedcounter AS mine (recipient, last_seq) VALUES (%(recipient)s, 1)
        ON CONFLICT (recipient) DO UPDATE SET last_seq = mine.last_seq + 1 RETURNING last_seq
    ), event AS (
        INSERT INTO notifications_feedevent (id, recipient, seq, type, booking_id, frame, created_at)
        SELECT %(event)s, %(recipient)s, last_seq, %(type)s, %(booking)s,
            %(body)s::jsonb || jsonb_build_object('seq', last_seq), %(now)s FROM counter
        RETURNING seq, frame
    )
"""
_NOTIFICATION = """
    , notification AS (INSERT INTO notifications_notification (
        id, recipient, recipient_type, type, title, body, action_label, booking_id, provider_id, event_id, priority,
        valid_until, created_at
    ) SELECT
        %(notification)s, %(recipient)s, %(recipient_type)s, %(push_type)s, %(title)s, %(text)s, %(action_label)s,
        %(booking)s, %(provider)s, %(event)s, %(priority)s, %(valid_until)s, %(now)s FROM event)
"""
_AS_STORED = " SELECT seq, frame::text FROM event"


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

    Call it last: it takes the recipients' counters, in the order of their ids.

    Raises:
        RuntimeError: no transaction is open, so the frames would not be tied to any change.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A frame was published outside a transaction.")
    now = clock.now()
    with connection.cursor() as cursor:
        written = [_write(cursor, frame, now) for frame in sorted(frames, key=lambda frame: frame.recipient)]
    promise_each("notifications.deliver", [{"notification_id": str(told)} for _, told in written if told])
    transaction.on_commit(partial(announce, [event for event, _ in written]))
    faults.reach("the feed is written")


def _write(cursor: Any, frame: Frame, now: datetime) -> tuple[Event, UUID | None]:
    """One frame, and its notification if it has one, in one statement; the frame as it is stored, the notification's id."""
    event_id, notification_id = uuid4(), uuid4()
    body = {"type": frame.type, "eventId": str(event_id), **frame.body, "timestamp": instant(now)}
    values = {
        "event": event_id,
        "recipient": frame.recipient,
        "type": frame.type,
        "booking": frame.booking_id,
        "body": json.dumps(body),
        "now": now,
    }
    if frame.push is None:
        cursor.execute(_FEED_EVENT + _AS_STORED, values)
    else:
        values |= _columns_of(frame.push) | {"notification": notification_id}
        cursor.execute(_FEED_EVENT + _NOTIFICATION + _AS_STORED, values)
    return Event(frame.recipient, *cursor.fetchone()), notification_id if frame.push else None


def _columns_of(push: Push) -> dict[str, Any]:
    return {
        "recipient_type": push.recipient_type.value,
        "push_type": push.type,
        "title": push.title,
        "text": push.body,
        "action_label": push.action_label,
        "provider": push.provider_id,
        "priority": push.priority.value,
        "valid_until": push.valid_until,
    }


def delete_old_notifications() -> int:
    """Delete the entries that are older than `NOTIFICATION_DAYS`, with what was sent of them; returns how many."""
    before = clock.now() - timedelta(days=settings.NOTIFICATION_DAYS)
    Delivery.objects.filter(notification__created_at__lt=before).delete()
    deleted, _ = Notification.objects.filter(created_at__lt=before).delete()
    return deleted


def delete_old_events() -> int:
    """Delete what is older than `FEED_DAYS`; returns how many. Who asks for it is told to reload (contract 15.3)."""
    before = clock.now() - timedelta(days=settings.FEED_DAYS)
    deleted, _ = FeedEvent.objects.filter(created_at__lt=before).delete()
    return deleted
