"""What a recipient does with the entries of their centre (contract 18.2). Each is one statement that twice is once."""

from uuid import UUID

from django.db.models import QuerySet

from findr import clock
from notifications.errors import NotificationNotFound
from notifications.models import Notification
from notifications.selectors import entries_of


def mark_as_read(*, recipient: UUID, notification_id: UUID) -> Notification:
    """The entry, read: since now, or since it first was.

    Raises:
        NotificationNotFound: this recipient has none of this id.
    """
    whose = _one(recipient, notification_id)
    whose.filter(read_at=None).update(read_at=clock.now())
    if notification := whose.first():
        return notification
    raise NotificationNotFound


def mark_all_as_read(*, recipient: UUID) -> int:
    """How many were not read before."""
    return entries_of(recipient).filter(read_at=None).update(read_at=clock.now())


def delete(*, recipient: UUID, notification_id: UUID) -> None:
    """The entry is shown no more, nor pushed if it was not yet; what was sent of it stays known to staff.

    Raises:
        NotificationNotFound: this recipient has none of this id, or has it no more.
    """
    if not _one(recipient, notification_id).update(deleted_at=clock.now()):
        raise NotificationNotFound


def _one(recipient: UUID, notification_id: UUID) -> QuerySet[Notification]:
    return entries_of(recipient).filter(id=notification_id)
