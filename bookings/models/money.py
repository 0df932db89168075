"""The money of a booking: one payment, and a row for every call that moves it (ARCHITECTURE.md, "Money")."""

from uuid import uuid4

import pgtrigger
from django.db import models
from django.db.models import F, Q

from bookings.models.booking import Booking
from bookings.models.pairs import legal_pair_triggers
from bookings.states import PaymentState
from findr import clock
from findr.outbox.leases import Retried


class Payment(models.Model):
    """The one payment of a booking. Amounts are integer cents.

    Attributes:
        intent_id: Stripe's PaymentIntent; null until Stripe has answered, and for ever if the price is zero.
        capture_before: when the hold on the card lapses, as Stripe says.
        failure_code, decline_code, failure_message: why it was refused, for the answer and for staff.
        refunded_cents: what went back so far, whoever gave it back; a refund that failed later counts no more.
        dispute_id, dispute_status, dispute_cents, disputed_at: the card holder's latest objection, in Stripe's words,
            for staff. It changes no visit.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="payment")
    state = models.CharField(max_length=20, choices=[(word, word) for word in PaymentState])
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="usd")
    intent_id = models.CharField(max_length=255, unique=True, null=True)  # noqa: DJ001 - unique, and not known at first
    capture_before = models.DateTimeField(null=True)
    captured_cents = models.PositiveIntegerField(default=0)
    refunded_cents = models.PositiveIntegerField(default=0)
    failure_code = models.CharField(max_length=100, blank=True)
    decline_code = models.CharField(max_length=100, blank=True)
    failure_message = models.CharField(max_length=500, blank=True)
    dispute_id = models.CharField(max_length=255, blank=True)
    dispute_status = models.CharField(max_length=40, blank=True)
    dispute_cents = models.PositiveIntegerField(default=0)
    disputed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(
                name="payment_on_its_way",
                fields=["state"],
                condition=Q(state__in=["authorizing", "requires_action", "capturing", "releasing", "refunding"]),
            ),
            # By age: how the books are held against the vendor's.
            models.Index(name="payment_by_age", fields=["created_at", "id"]),
        ]
        constraints = [
            models.CheckConstraint(name="payment_state_known", condition=Q(state__in=list(PaymentState))),
            models.CheckConstraint(
                name="payment_refund_within_capture", condition=Q(refunded_cents__lte=F("captured_cents"))
            ),
            models.CheckConstraint(
                name="payment_capture_within_amount", condition=Q(captured_cents__lte=F("amount_cents"))
            ),
        ]
        triggers: list[pgtrigger.Trigger] = legal_pair_triggers("NEW.booking_id")

    def __str__(self) -> str:
        return self.intent_id or f"payment of {self.booking_id}"


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

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="operations")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    amount_cents = models.PositiveIntegerField()
    idempotency_key = models.CharField(max_length=255, unique=True)
    parameters = models.JSONField(default=dict)
    must_look_first = models.BooleanField(default=False, db_default=False)
    has_new_key = models.BooleanField(default=False)
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
            models.Index(name="operation_unfinished", fields=["claimed_until"], condition=Q(state="pending")),
        ]
        constraints = [
            models.CheckConstraint(
                name="operation_kind_known", condition=Q(kind__in=["authorize", "capture", "cancel", "refund"])
            ),
            models.CheckConstraint(
                name="operation_state_known", condition=Q(state__in=["pending", "succeeded", "failed"])
            ),
            models.CheckConstraint(
                name="operation_reason_known", condition=Q(reason__in=["", *OperationReason.values])
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
