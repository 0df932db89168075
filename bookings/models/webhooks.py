"""What Stripe reported, and what became of it."""

from django.db import models
from django.db.models import Q

from findr import clock


class StripeEvent(models.Model):
    """One event, stored under Stripe's own id, so that its repeats are the same row. Ids only, never its contents.

    Attributes:
        made_at: when Stripe says it happened. Events come late and out of order: nothing is decided from this.
        intent_id: the payment it is about; blank if it is about none.
        outcome: blank until it has been heard.
        claimed_until: the lease. Until then somebody is at work on it; after it, the sweep takes over.
        error: why the last attempt ended without an outcome.
    """

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
    attempts = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField()
    error = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-received_at"]
        indexes = [
            models.Index(name="event_not_heard", fields=["claimed_until"], condition=Q(processed_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                name="event_outcome_once_processed",
                condition=Q(processed_at=None, outcome="")
                | Q(processed_at__isnull=False, outcome__in=["applied", "ignored", "unknown"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
