"""What the nightly check of the books found, and until when it was so."""

from django.db import models
from django.db.models import Q

from findr import clock


class BookFinding(models.Model):
    """One broken invariant, from the check that saw it first to the check that saw it no more.

    Attributes:
        subject: a booking's number where there is one.
        booking_id: whose page tells more. No foreign key: the books may be about what is not there.
        intent_id: the vendor's, if it is about one: what to look at again.
        resolved_at: null while it is so.
    """

    LONGEST = 500

    invariant = models.CharField(max_length=40)
    subject = models.CharField(max_length=255)
    detail = models.CharField(max_length=LONGEST)
    booking_id = models.UUIDField(null=True)
    intent_id = models.CharField(max_length=255, blank=True, db_default="")
    first_seen_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-first_seen_at", "-id"]
        indexes = [
            models.Index(name="finding_of_booking", fields=["booking_id"], condition=Q(resolved_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                name="finding_open_once", fields=["invariant", "subject", "detail"], condition=Q(resolved_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invariant}: {self.subject}: {self.detail}"
