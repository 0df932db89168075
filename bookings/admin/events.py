"""What Stripe reported, to read, and to process once more; findr keeps of it only what it was about."""

import logging
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookings.admin import formatting, labels
from bookings.models import Payment, StripeEvent
from bookings.payments.events import process_again
from findr.console_pages import ReadOnlyAdmin
from providers import admin_times as times

logger = logging.getLogger(__name__)

WAITING, FAILING = "waiting", "failing"
AGAIN = "Processed again."


class ByProcessing(admin.SimpleListFilter):
    """Whether it has been processed, and to which end."""

    title = "processing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = [(str(word), str(title)) for word, title in StripeEvent.Outcome.choices]
        return [(WAITING, "Not processed"), (FAILING, "Not processed, with an error"), *known]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None:
                return queryset
            case word if word == WAITING:
                return queryset.filter(processed_at=None)
            case word if word == FAILING:
                return queryset.filter(processed_at=None).exclude(reason="")
            case word:
                return queryset.filter(outcome=word)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    """Read-only, but for having an event processed again: that takes `bookings.change_stripeevent`."""

    list_display = ("what", "booking", "standing", "attempts", "last_error", "received")
    list_filter = (ByProcessing,)
    search_fields = ("id", "intent_id", "object_id", "type")
    search_help_text = "Event, payment intent, object (refund, dispute, ...), or type"
    ordering = ("-received_at", "id")
    empty_title = "No events"
    actions = ("process_again",)
    fields = (
        *("id", "type", "about", "intent_id", "booking", "outcome_now", "attempts", "last_error"),
        *("happened", "received", "processed", "taken_over"),
    )
    readonly_fields = fields

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether this staff member may have events processed again."""
        return bool(request.user.has_perm("bookings.change_stripeevent"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[StripeEvent]:
        """With the booking that each is about, in the same statement."""
        events: QuerySet[StripeEvent] = super().get_queryset(request)
        paid = Payment.objects.filter(intent_id=OuterRef("intent_id"))
        return events.annotate(
            of_booking=Subquery(paid.values("booking_id")), of_number=Subquery(paid.values("booking__number"))
        )

    @admin.action(description="Process again", permissions=["operate"])
    def process_again(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        """Have the selected events processed now; what is true of the payment is read at Stripe, so twice is harmless.

        Who wanted it stands on the event's own history page: it may be about no booking that we know.
        """
        for event in queryset:
            if process_again(event.id):
                self.log_change(request, event, AGAIN)
                logger.info("Staff member %s has event %s processed again.", request.user.pk, event.id)
                self.message_user(request, f"Event {event.id}: is being processed again.", messages.SUCCESS)
            else:
                why = "is about no payment, or is being processed right now, so nothing was done."
                self.message_user(request, f"Event {event.id}: {why}", messages.WARNING)

    @admin.display(description="Event", ordering="type")
    def what(self, event: StripeEvent) -> SafeString:
        return formatting.lines(event.type, event.object_id)

    @admin.display(description="Processed", ordering="processed_at")
    def standing(self, event: StripeEvent) -> SafeString:
        return formatting.lines(labels.event_label(event), times.utc(event.processed_at))

    @admin.display(description="About", ordering="object_id")
    def about(self, event: StripeEvent) -> str:
        return event.object_id or formatting.NOTHING

    @admin.display(description="Booking")
    def booking(self, event: Any) -> SafeString | str:
        if event.of_booking is None:
            return formatting.NOTHING
        url = reverse("admin:bookings_booking_change", args=[event.of_booking])
        return format_html(formatting.LINK, url, event.of_number)

    @admin.display(description="Outcome", ordering="outcome")
    def outcome_now(self, event: StripeEvent) -> SafeString:
        return labels.event_label(event)

    @admin.display(description="Error", ordering="reason")
    def last_error(self, event: StripeEvent) -> str:
        return event.error or formatting.NOTHING

    @admin.display(description="Happened at Stripe", ordering="made_at")
    def happened(self, event: StripeEvent) -> str:
        return times.utc(event.made_at)

    @admin.display(description="Received", ordering="received_at")
    def received(self, event: StripeEvent) -> SafeString:
        return formatting.lines(times.utc(event.received_at))

    @admin.display(description="Processed", ordering="processed_at")
    def processed(self, event: StripeEvent) -> str:
        return times.utc(event.processed_at)

    @admin.display(description="Nobody else takes over before")
    def taken_over(self, event: StripeEvent) -> str:
        return times.utc(event.claimed_until) if event.processed_at is None else formatting.NOTHING
