"""What a recipient is told in words: an entry of the notification centre (contract 18.2), and the text of its push."""

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from findr import clock


class Notification(models.Model):
    """One message to one recipient, written with the feed event that it follows. Its text never changes after.

    Attributes:
        recipient: the patient's account id, or the practice's id, as of the feed.
        type: as in contract 14.3, such as `booking_confirmed`.
        booking_id, provider_id: opaque ids; null where it is about none.
        event_id: the feed event that it follows, which may be deleted earlier.
        valid_until: nobody is pushed it from this moment on: it may no longer be true.
        deleted_at: its recipient wants to see it no more. What was sent of it stays known.
    """

    class RecipientType(models.TextChoices):
        """The wire's words for a patient and a practice."""

        USER = "User"
        PROVIDER = "Provider"

    class Priority(models.TextChoices):
        """How the centre ranks it; a push is always urgent."""

        NORMAL = "normal"
        HIGH = "high"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    recipient = models.UUIDField()
    recipient_type = models.CharField(max_length=10, choices=RecipientType)
    type = models.CharField(max_length=40)
    title = models.CharField(max_length=100)
    body = models.CharField(max_length=500)
    action_label = models.CharField(max_length=40)
    booking_id = models.UUIDField(null=True)
    provider_id = models.UUIDField(null=True)
    event_id = models.UUIDField(null=True)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    valid_until = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(name="notification_one_of_an_event", fields=["event_id"]),
            models.CheckConstraint(
                name="notification_recipient_type_known", condition=Q(recipient_type__one_of=("User", "Provider"))
            ),
            models.CheckConstraint(
                name="notification_priority_known", condition=Q(priority__one_of=("normal", "high"))
            ),
        ]
        indexes = [
            models.Index(
                name="notification_list", fields=["recipient", "-created_at", "-id"], condition=Q(deleted_at=None)
            ),
            # The badge: counted from the index alone, and what was read is not even in it.
            models.Index(
                name="notification_unread",
                fields=["recipient", "-created_at", "-id"],
                condition=Q(read_at=None, deleted_at=None),
            ),
            models.Index(name="notification_of_booking", fields=["booking_id", "created_at"]),
            models.Index(name="notification_age", fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.type} to {self.recipient_type} {self.recipient}"
