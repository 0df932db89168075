"""The booking: what was asked for, what stands, and in which state it is."""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from bookings.models.pairs import legal_pair_triggers
from bookings.models.practice_count import counting_triggers
from bookings.states import WAITING, BookingType, State
from findr import clock
from findr.postgresql.compiled_writes import CompiledWrites
from providers.models import Provider, Service, TeamMember

if TYPE_CHECKING:
    from bookings.models.payment import Payment


class Decision(models.TextChoices):
    """What led into `confirming`: the paid checkout of an instant booking, a confirm, an accepted suggestion."""

    CHECKOUT = "checkout"
    CONFIRM = "confirm"
    ACCEPT = "accept"


class Booking(CompiledWrites):
    """One patient's request for one service at one time, through to the end of the visit.

    `state` is written by `bookings.transitions.move` alone. What was true when it was booked (name, price, length,
    cancellation tier) is kept here; where the practice is and which zone its clocks show is asked of it.

    Attributes:
        start, end: the current times; `requested_start`, `requested_end` the ones first asked for.
        buffer_minutes: what the practice keeps free after it, as it was when the booking last took its time; a request
            that has not taken any yet shows it as it was when it was made.
        secured_at: the moment money was first held or paid. Before it, the provider sees nothing.
        expires_at: the deadline of whichever waiting state the booking is in; null once it no longer waits.
        rounds: how often other times were suggested; `suggested_at` and `suggestion_message` are of the last round.
        accepted_suggestion: the suggestion whose acceptance is in `decision`.
        fee_cents: what is kept of the money after a cancellation.
        cancellation_fee_percent: the share of the price that the rule of that moment wanted; null until it is called off.
        previous_bookings: no column: see `BookingView`. None until somebody has asked.
        type_receipt: what decided the type: which rule, what the calendar said, when, and how long it took; the rule alone
            where calendars were switched off.
    """

    previous_bookings: int | None = None

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=20, unique=True)
    patient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bookings", db_index=False
    )
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="bookings", db_index=False)
    team_member = models.ForeignKey(TeamMember, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    service_name = models.CharField(max_length=200)
    service_category = models.CharField(max_length=100)
    price_cents = models.PositiveIntegerField()
    duration_minutes = models.PositiveIntegerField()
    buffer_minutes = models.PositiveIntegerField()
    cancellation_tier = models.CharField(max_length=10)
    holds_time = models.BooleanField(help_text="Keeps its time while it waits (contract 6.4).")

    booking_type = models.CharField(max_length=12, choices=[(word, word) for word in BookingType])
    type_receipt = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=[(word, word) for word in State])
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_from = models.CharField(max_length=20, blank=True, help_text="Where a refused capture goes back to.")

    accepted_suggestion = models.UUIDField(null=True)
    rounds = models.PositiveSmallIntegerField(default=0)
    suggested_at = models.DateTimeField(null=True)
    suggestion_message = models.CharField(max_length=500, blank=True)

    requested_start = models.DateTimeField()
    requested_end = models.DateTimeField()
    start = models.DateTimeField()
    end = models.DateTimeField()
    confirmed_start = models.DateTimeField(null=True)
    confirmed_end = models.DateTimeField(null=True)
    patient_timezone = models.CharField(max_length=64)

    notes = models.TextField(blank=True)
    confirmation_note = models.CharField(max_length=500, blank=True)
    decline_reason = models.CharField(max_length=500, blank=True)
    cancellation_reason = models.CharField(max_length=500, blank=True)
    cancelled_by = models.CharField(max_length=10, blank=True)
    fee_cents = models.PositiveIntegerField(default=0)
    cancellation_fee_percent = models.PositiveSmallIntegerField(null=True)

    requested_at = models.DateTimeField(null=True)
    secured_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    checked_in_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    payment: "Payment"

    class Meta:
        ordering = ["-start"]
        indexes = [
            # Lists are chosen, ordered and counted from these alone, without a look at the rows (selectors/lists.py).
            models.Index(
                name="booking_list_of_patient",
                fields=["patient", "-start", "id"],
                include=["state", "end", "secured_at"],
            ),
            models.Index(
                name="booking_list_of_provider",
                fields=["provider", "-start", "id"],
                include=["state", "end"],
                condition=Q(secured_at__isnull=False),
            ),
            # How long a practice's list is: equal entries share their words, so there are 20 blocks of 20,000 of them.
            models.Index(
                name="booking_count_of_provider",
                fields=["provider", "state"],
                condition=Q(secured_at__isnull=False),
            ),
            # What waits has a deadline, and nothing else has: what is over is not even in these.
            models.Index(
                name="booking_waiting_of_patient",
                fields=["patient", "expires_at", "id"],
                include=["state", "secured_at"],
                condition=Q(expires_at__isnull=False),
            ),
            models.Index(
                name="booking_waiting_of_provider",
                fields=["provider", "state", "expires_at", "id"],
                condition=Q(secured_at__isnull=False, expires_at__isnull=False),
            ),
            # How often this patient has been at this practice. No other index begins with the practice for bookings of all
            # kinds: where PostgreSQL knows nothing of a practice yet, it would take that one and read all that is booked there.
            models.Index(name="booking_been_before", fields=["provider", "patient", "state"]),
            models.Index(name="booking_of_team_member", fields=["team_member"], condition=Q(team_member__isnull=False)),
            models.Index(name="booking_due", fields=["expires_at"], condition=Q(state__in=WAITING)),
            # Visits to come, and in the console all there are.
            models.Index(name="booking_by_start", fields=["start"]),
        ]
        constraints = [
            models.CheckConstraint(name="booking_state_known", condition=Q(state__one_of=list(State))),
            models.CheckConstraint(name="booking_type_known", condition=Q(booking_type__one_of=list(BookingType))),
            models.CheckConstraint(name="booking_forward", condition=Q(end__gt=F("start"))),
            models.CheckConstraint(
                name="booking_deadline_while_waiting",
                condition=Q(state__one_of=WAITING, expires_at__isnull=False)
                | (~Q(state__one_of=WAITING) & Q(expires_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="booking_decision_while_confirming",
                condition=~Q(state=State.CONFIRMING) | (~Q(decision="") & ~Q(decided_from="")),
            ),
        ]
        triggers: list[pgtrigger.Trigger] = [*legal_pair_triggers("NEW.id"), *counting_triggers()]

    def __str__(self) -> str:
        return self.number

    @property
    def lane(self) -> UUID:
        """Whose time it takes: the team member's, if one was named, else the practice's."""
        return self.team_member_id or self.provider_id

    @property
    def is_instant(self) -> bool:
        """Paid and confirmed at once."""
        return self.booking_type == BookingType.INSTANT

    @property
    def buffer(self) -> timedelta:
        """What the practice keeps free after this visit; see `buffer_minutes`."""
        return timedelta(minutes=self.buffer_minutes)
