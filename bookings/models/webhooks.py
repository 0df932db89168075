"""What Stripe reported, and what became of it."""

from django.db import models
from django.db.models import Q

from findr import clock
from findr.outbox.leases import Retried


class EventReason(models.TextChoices):
    """Why an event waits for its next try."""

    UNCLEAR = "unclear", "unclear"
    LEFT_TO_CALL = "left_to_call", "left to the patient's own call"
    PAYMENT_CHANGING = "payment_changing", "the payment is being changed"


class StripeEvent(Retried):
    """One event, stored under Stripe's own id, so that its repeats are the same row. Ids only, never its contents.

    Attributes:
        made_at: when Stripe says it happened. Events come late and out of order: nothing is decided from this.
        intent_id: the payment it is about; blank if it is about none.
        outcome: blank until it has been processed.
        reason: why the last attempt ended without an outcome.
    """

    Reason = EventReason

    class Outcome(models.TextChoices):
        APPLIED = "applied"
        IGNORED = "ignored", "ignored: not about a payment"
        UNKNOWN = "unknown", "unknown payment"

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=255)
    object_id = models.CharField(max_length=255, blank=True)
    intent_id = models.CharField(max_length=255, blank=True, db_index=True)
    made_at = models.DateTimeField()
    received_at = models.DateTimeField(default=clock.now)
    processed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    reason = models.CharField(max_length=20, choices=EventReason, blank=True, db_default="")

    class Meta:
        ordering = ["-received_at"]
        indexes = [
            models.Index(name="event_received", fields=["received_at"]),
            models.Index(name="event_pending", fields=["claimed_until"], condition=Q(processed_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                name="event_outcome_once_processed",
                condition=Q(processed_at=None, outcome="")
                | Q(processed_at__isnull=False, outcome__in=["applied", "ignored", "unknown"]),
            ),
            models.CheckConstraint(name="event_reason_known", condition=Q(reason__in=["", *EventReason.values])),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @property
    def error(self) -> str:
        """Why the last attempt ended without an outcome, for people."""
        return str(EventReason(self.reason).label) if self.reason else ""
