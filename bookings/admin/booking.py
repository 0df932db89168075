"""The booking list and the booking page. Everything is read-only; decisions have pages of their own (`deciding`)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from bookings.admin import story, words
from bookings.admin.deciding import Deciding
from bookings.admin.decisions import DECISIONS
from bookings.admin.filters import QUEUE, Overdue, Show, shown
from bookings.models import Booking
from providers.models import Provider

_PAGE = (
    ("The booking", ["state_now", "answer_by", "kind", "why", "cancelled", "reasons"]),
    ("The visit", ["starts", "ends", "asked_for", "practice_page", "team_member", "service_then"]),
    ("The patient", ["patient_page", "patient_contact", "notes"]),
    ("The payment", ["payment_now", "amounts", "intent", "hold", "failure"]),
)


@admin.register(Booking)
class BookingAdmin(Deciding, ModelAdmin):  # type: ignore[misc]
    """The queue, and one booking in full. Nobody adds, edits or deletes here, superusers included."""

    list_display = ("number", "urgency", "answer_by", "starts", "practice", "who", "what", "state_now", "payment_now")
    list_filter = (
        Show,
        Overdue,
        "state",
        "payment__state",
        "booking_type",
        ("provider", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = (
        "number",
        "patient__email",
        "patient__first_name",
        "patient__last_name",
        "provider__practice_name",
        "payment__intent_id",
    )
    search_help_text = "Number, patient's e-mail or name, practice, or payment intent"
    list_select_related = ("provider", "patient", "payment", "team_member")
    list_per_page = 50
    list_max_show_all = 100
    list_disable_select_all = True
    list_fullwidth = True
    show_full_result_count = False
    actions = ("confirm_selected", "decline_selected", "expire_selected")
    actions_row = ("confirm_one", "decline_one", "expire_one")
    actions_detail = ("confirm_one", "decline_one", "expire_one")
    fieldsets = tuple((title, {"fields": fields}) for title, fields in _PAGE)
    readonly_fields = tuple(field for _, fields in _PAGE for field in fields)
    change_form_outer_after_template = "admin/bookings/booking/story.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        """All that a row or a page shows of other tables, in the same statement."""
        bookings: QuerySet[Booking] = super().get_queryset(request)
        return bookings.select_related(*self.list_select_related)

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """The queue by deadline, everything else by the visit, latest first."""
        return ["expires_at", "id"] if shown(request.GET) == QUEUE else ["-start", "id"]

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the decisions that this booking allows right now."""
        booking = self.get_object(request, object_id)
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        if booking is None:
            return []
        fitting = {f"{name}_one" for name, decision in DECISIONS.items() if decision.fits(booking)}
        return [one for one in allowed if one.method.original_function_name in fitting]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The facts, and below them the history and the calls to the vendor."""
        booking = self.get_object(request, object_id)
        tables = {}
        if booking is not None and self.has_view_permission(request, booking):
            tables = {
                "history_table": story.history_table(booking),
                "operations_table": story.operations_table(booking),
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **tables})

    @admin.display(description="Urgency", ordering="expires_at")
    def urgency(self, booking: Booking) -> str:
        return words.urgency_label(booking)

    @admin.display(description="Answer by", ordering="expires_at")
    def answer_by(self, booking: Booking) -> SafeString | str:
        if booking.expires_at is None:
            return words.NOTHING
        deadline = words.local(booking.expires_at, booking.provider.zone)
        return format_html("{}<br><strong>{}</strong>", deadline, words.time_left(booking.expires_at))

    @admin.display(description="Starts", ordering="start")
    def starts(self, booking: Booking) -> str:
        return words.local(booking.start, booking.provider.zone)

    @admin.display(description="Ends")
    def ends(self, booking: Booking) -> str:
        return words.local(booking.end, booking.provider.zone)

    @admin.display(description="First asked for")
    def asked_for(self, booking: Booking) -> str:
        return words.local(booking.requested_start, booking.provider.zone)

    @admin.display(description="Practice", ordering="provider__practice_name")
    def practice(self, booking: Booking) -> str:
        return booking.provider.practice_name

    @admin.display(description="Practice")
    def practice_page(self, booking: Booking) -> SafeString:
        return _link(Provider, booking.provider_id, booking.provider.practice_name)

    @admin.display(description="Patient", ordering="patient__last_name")
    def who(self, booking: Booking) -> SafeString:
        return format_html("{}<br>{}", booking.patient.full_name or words.NOTHING, booking.patient.email)

    @admin.display(description="Name")
    def patient_page(self, booking: Booking) -> SafeString:
        return _link(type(booking.patient), booking.patient_id, str(booking.patient))

    @admin.display(description="Contact")
    def patient_contact(self, booking: Booking) -> str:
        return ", ".join(way for way in (booking.patient.email, booking.patient.phone) if way)

    @admin.display(description="Service")
    def what(self, booking: Booking) -> SafeString:
        price = words.money(booking.price_cents, booking.payment.currency)
        return format_html("{}<br>{}", booking.service_name, price)

    @admin.display(description="Service, as booked")
    def service_then(self, booking: Booking) -> str:
        price = words.money(booking.price_cents, booking.payment.currency)
        buffer = f", {booking.buffer_minutes} min buffer" if booking.buffer_minutes else ""
        return f"{booking.service_name} ({booking.service_category}), {booking.duration_minutes} min{buffer}, {price}"

    @admin.display(description="State", ordering="state")
    def state_now(self, booking: Booking) -> SafeString:
        return words.state_label(booking.state)

    @admin.display(description="Type")
    def kind(self, booking: Booking) -> str:
        return booking.booking_type

    @admin.display(description="Why this type")
    def why(self, booking: Booking) -> str:
        return story.why_this_type(booking)

    @admin.display(description="Cancelled")
    def cancelled(self, booking: Booking) -> str:
        if booking.cancelled_at is None:
            return words.NOTHING
        return f"{words.local(booking.cancelled_at, booking.provider.zone)}, by {booking.cancelled_by}"

    @admin.display(description="Notes and reasons of the answer")
    def reasons(self, booking: Booking) -> str:
        given = (booking.confirmation_note, booking.decline_reason or booking.cancellation_reason)
        return " / ".join(text for text in given if text) or words.NOTHING

    @admin.display(description="Payment", ordering="payment__state")
    def payment_now(self, booking: Booking) -> SafeString:
        return words.payment_label(booking.payment)

    @admin.display(description="Amounts")
    def amounts(self, booking: Booking) -> str:
        return story.amounts(booking)

    @admin.display(description="Payment intent")
    def intent(self, booking: Booking) -> str:
        return booking.payment.intent_id or words.NOTHING

    @admin.display(description="The hold lapses")
    def hold(self, booking: Booking) -> str:
        return story.hold(booking)

    @admin.display(description="Failure")
    def failure(self, booking: Booking) -> SafeString | str:
        return story.failure(booking)


def _link(model: type[Any], key: Any, text: str) -> SafeString:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[key])
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, text)
