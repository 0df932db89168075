"""A row for every call that moves money (ARCHITECTURE.md, "Money")."""

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from bookings.models.payment import Payment
from findr import clock
from findr.outbox.leases import Retried


class OperationReason(models.TextChoices):
    """Why an operation failed, or why it waits for its next try."""

    UNCLEAR = "unclear", "unclear"
    REFUSED = "refused", "refused"
    DISPUTED = "disputed", "disputed"
    STALE = "stale", "the payment changed meanwhile"
    INTENT_STATUS = "intent_status", "intent"
    REFUND_FAILED = "refund_failed", "refund"
    KEPT = "kept", "kept"
    ABANDONED = "abandoned", "abandoned"
    BOOKING_ENDED = "booking_ended", "booking ended"
    CAPTURE_ABANDONED = "capture_abandoned", "too late"


class PaymentOperation(Retried):
    """One call to Stripe, written before it is made. Whoever finds it unfinished finishes it.

    Attributes:
        parameters: what the call sends, frozen, so that a repeat under the same key is the same call.
        intent_id: the intent that the call is about; blank for an authorise, which makes one.
        by_staff: a refund that staff gave of their own accord: no part of a cancellation.
        must_look_first: somebody may have made the call before: Stripe's state is read before it is made again.
        has_new_key: Stripe keeps a failure under the first key; an intent may have come of that one all the same.
        look: how far the vendor's list was read in which its intent is looked for (`bookings.payments.lost_intents`).
        reason: why it failed, or why it waits for its next try; `vendor_code` is what Stripe called that.
        last_tried_at: when somebody last took it up, for people.
    """

    class Kind(models.TextChoices):
        AUTHORIZE = "authorize"
        CAPTURE = "capture"
        CANCEL = "cancel"
        REFUND = "refund"

    class Status(models.TextChoices):
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    Reason = OperationReason

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="operations")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    amount_cents = models.PositiveIntegerField()
    idempotency_key = models.CharField(max_length=255, unique=True)
    parameters = models.JSONField(default=dict)
    must_look_first = models.BooleanField(default=False, db_default=False)
    has_new_key = models.BooleanField(default=False)
    look = models.JSONField(null=True, editable=False)
    by_staff = models.BooleanField(default=False, db_default=False)
    intent_id = models.CharField(max_length=255, blank=True)
    refund_id = models.CharField(max_length=255, blank=True)
    reason = models.CharField(max_length=20, choices=Reason, blank=True, db_default="")
    vendor_code = models.CharField(max_length=100, blank=True, db_default="")
    created_at = models.DateTimeField(default=clock.now)
    last_tried_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(name="operation_by_age", fields=["created_at"]),
            models.Index(name="operation_unfinished", fields=["claimed_until"], condition=Q(state="pending")),
        ]
        constraints = [
            models.CheckConstraint(
                name="operation_kind_known", condition=Q(kind__one_of=["authorize", "capture", "cancel", "refund"])
            ),
            models.CheckConstraint(
                name="operation_state_known", condition=Q(state__one_of=["pending", "succeeded", "failed"])
            ),
            models.CheckConstraint(
                name="operation_reason_known", condition=Q(reason__one_of=["", *OperationReason.values])
            ),
            models.UniqueConstraint(
                name="operation_one_open_of_a_kind",
                fields=["payment", "kind", "intent_id"],
                condition=Q(state="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.payment_id}"

    @property
    def error(self) -> str:
        """Why it failed, or waits for its next try, for people."""
        code = self.vendor_code.replace("_", " ")
        if self.reason == OperationReason.REFUSED and code:
            return code
        return f"{OperationReason(self.reason).label} {code}".strip() if self.reason else ""
