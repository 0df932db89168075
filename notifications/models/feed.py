"""The feed of each recipient: a patient, or a provider as a practice (contract 15.3;
ARCHITECTURE.md, "Being told").
"""

from django.db import models
from uuid_utils.compat import uuid7

from findr import clock


class FeedCounter(models.Model):
    """The number of the last event of a recipient. Whoever raises it keeps it locked until the commit: no gaps."""

    recipient = models.UUIDField(primary_key=True)
    last_seq = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.recipient}: {self.last_seq}"


class FeedEvent(models.Model):
    """One frame, as it was rendered in the transaction of its change. Never changed after.

    Attributes:
        id: the wire's `eventId`.
        recipient: the patient's account id, or the practice's id.
        seq: 1, 2, 3 for each recipient, in the order of the commits.
        booking_id: an opaque id: this app knows no bookings.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    recipient = models.UUIDField()
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=40)
    booking_id = models.UUIDField(null=True)
    frame = models.JSONField()
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        ordering = ["recipient", "seq"]
        constraints = [models.UniqueConstraint(name="feed_one_of_a_number", fields=["recipient", "seq"])]

    def __str__(self) -> str:
        return f"{self.type} {self.seq}"
