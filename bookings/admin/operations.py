"""Every call to the payment vendor, to read: what it was to do, how it stands, what went wrong, its ids at Stripe."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from bookings.admin import formatting, labels
from bookings.admin.filters import PlainChoices
from bookings.models import PaymentOperation
from findr.console_pages import ReadOnlyAdmin
from providers import admin_times as times


class WithError(admin.SimpleListFilter):
    """Whether the last attempt ended badly."""

    title = "error"
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With an error"), ("no", "Without")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.exclude(reason="")
        return queryset.filter(reason="") if self.value() == "no" else queryset


@admin.register(PaymentOperation)
class PaymentOperationAdmin(ReadOnlyAdmin):
    """Read-only: an unfinished call is finished by the sweep, never by hand."""

    list_display = ("call", "booking", "standing", "attempts", "error", "written", "at_stripe")
    list_filter = (("kind", PlainChoices), ("state", PlainChoices), WithError)
    list_select_related = ("payment__booking__provider",)
    search_fields = ("payment__booking__number", "payment__intent_id", "intent_id", "refund_id")
    search_help_text = "Booking number, payment intent, or refund"
    ordering = ("-created_at", "id")
    empty_title = "No calls"
    fields = (
        *("call", "booking", "standing", "attempts", "error", "written", "tried", "taken_over", "finished"),
        *("intent_id", "refund_id", "idempotency_key"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentOperation]:
        """With whose booking it is, in the same statement."""
        operations: QuerySet[PaymentOperation] = super().get_queryset(request)
        return operations.select_related(*self.list_select_related)

    @admin.display(description="Call", ordering="kind")
    def call(self, operation: PaymentOperation) -> SafeString:
        return formatting.lines(
            f"{operation.kind} {formatting.money(operation.amount_cents, operation.payment.currency)}"
        )

    @admin.display(description="Booking", ordering="payment__booking__number")
    def booking(self, operation: PaymentOperation) -> SafeString:
        return formatting.link(operation.payment.booking, operation.payment.booking.number)

    @admin.display(description="State", ordering="state")
    def standing(self, operation: PaymentOperation) -> SafeString:
        return labels.operation_label(operation)

    @admin.display(description="Error", ordering="reason")
    def error(self, operation: PaymentOperation) -> str:
        return operation.error or formatting.NOTHING

    @admin.display(description="Written", ordering="created_at")
    def written(self, operation: PaymentOperation) -> str:
        return times.utc(operation.created_at)

    @admin.display(description="Last tried")
    def tried(self, operation: PaymentOperation) -> str:
        return times.utc(operation.last_tried_at)

    @admin.display(description="Nobody else takes over before")
    def taken_over(self, operation: PaymentOperation) -> str:
        return times.utc(operation.claimed_until) if operation.finished_at is None else formatting.NOTHING

    @admin.display(description="Finished")
    def finished(self, operation: PaymentOperation) -> str:
        return times.utc(operation.finished_at)

    @admin.display(description="At Stripe")
    def at_stripe(self, operation: PaymentOperation) -> SafeString | str:
        return formatting.vendor_ids(operation)
