"""The money of a booking (ARCHITECTURE.md, "Money")."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from bookings.models.booking import Booking
from bookings.models.pairs import legal_pair_triggers
from bookings.states import PaymentState
from findr import clock
from findr.postgresql.compiled_writes import CompiledWrites


class Payment(CompiledWrites):
    """The one payment of a booking. Amounts are integer cents.

    Attributes:
        intent_id: Stripe's PaymentIntent; null until Stripe has answered, and for ever if the price is zero.
        capture_before: when the hold on the card lapses, as Stripe says.
        failure_code, decline_code, failure_message: why it was refused, for the answer and for staff.
        refunded_cents: what went back so far, whoever gave it back; a refund that failed later counts no more.
        dispute_id, dispute_status, dispute_cents, disputed_at: the card holder's latest objection, in Stripe's words,
            for staff. It changes no visit.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
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
            # The few that somebody has to look into, and those that are settled.
            models.Index(name="payment_disputed", fields=["disputed_at"], condition=Q(disputed_at__isnull=False)),
            # By age: how the books are held against the vendor's.
            models.Index(name="payment_by_age", fields=["created_at", "id"]),
        ]
        constraints = [
            models.CheckConstraint(name="payment_state_known", condition=Q(state__one_of=list(PaymentState))),
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

    @property
    def kept_cents(self) -> int:
        """What was captured and has not gone back so far; the database holds it to be zero at least."""
        return self.captured_cents - self.refunded_cents
