"""The booking list and the booking page. Everything is read-only; actions have pages of their own (`actions`)."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from bookings.admin import detail_tables, formatting
from bookings.admin.actions import ACTIONS
from bookings.admin.actions.pages import ActionPages
from bookings.admin.filters import QUEUE, Overdue, PlainChoices, Show, shown
from bookings.admin.read_only import ReadOnlyAdmin
from bookings.models import Booking
from bookings.services.refunds import refundable_cents

_PAGE = (
    ("The booking", ["state_now", "answer_by", "kind", "why", "note", "suggestion_message", "cancelled", "reason"]),
    ("The visit", ["visit", "asked_for", "practice_page", "team_member", "service_then"]),
    ("The patient", ["patient_page", "patient_contact", "notes"]),
    ("The payment", ["payment_now", "amounts", "refundable", "fee", "intent", "hold", "failure", "dispute"]),
)
# Left out of the page of a booking that has nothing to say there.
_ONLY_IF_TOLD = (
    *("answer_by", "note", "suggestion_message", "cancelled", "reason", "asked_for", "team_member", "notes"),
    *("refundable", "fee", "hold", "failure", "dispute"),
)
# The queue by deadline, everything else by the visit, latest first.
QUEUE_ORDER, VISIT_ORDER = ["expires_at", "id"], ["-start", "id"]


class BookingList(ChangeList):  # type: ignore[misc]
    """The list knows which order it stands in, and does not offer to show all bookings there are on one page."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.standing_order = QUEUE_ORDER if shown(request.GET) == QUEUE else VISIT_ORDER
        super().__init__(request, *args, **kwargs)

    def _get_default_ordering(self) -> list[str]:
        return self.standing_order

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count  # All of them were not counted.


@admin.register(Booking)
class BookingAdmin(ActionPages, ReadOnlyAdmin):
    """The queue, and one booking in full. Nobody adds, edits or deletes here, superusers included."""

    list_display = ("booking", "starts", "practice", "standing")
    list_filter = (
        Show,
        Overdue,
        ("state", PlainChoices),
        ("payment__state", PlainChoices),
        ("booking_type", PlainChoices),
        "provider",
    )
    empty_title = "No bookings here"
    search_fields = (
        "number",
        "patient__email",
        "patient__first_name",
        "patient__last_name",
        "patient__phone",
        "provider__practice_name",
        "payment__intent_id",
    )
    search_help_text = "Number, patient's e-mail, name or phone, practice, or payment intent"
    list_select_related = ("provider", "patient", "payment", "team_member")
    actions = ("confirm_selected", "decline_selected", "expire_selected", "cancel_selected")
    actions_row = ("confirm_one", "decline_one", "expire_one")
    actions_detail = tuple(f"{name}_one" for name in ACTIONS)
    fieldsets = tuple((title, {"fields": fields}) for title, fields in _PAGE)
    readonly_fields = tuple(field for _, fields in _PAGE for field in fields)
    change_form_outer_after_template = "admin/bookings/booking/detail_tables.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        """All that a row or a page shows of other tables, in the same statement."""
        bookings: QuerySet[Booking] = super().get_queryset(request)
        return bookings.select_related(*self.list_select_related)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BookingList

    def get_list_display(self, request: HttpRequest) -> Any:
        """In the queue every booking waits, and what matters is for how long yet."""
        if shown(request.GET) == QUEUE:
            return ("booking", "answer_by", "starts", "practice", "payment_now")
        return self.list_display

    def get_fieldsets(self, request: HttpRequest, obj: Booking | None = None) -> Any:
        """What there is to tell about this booking; an empty line would be read and mean nothing."""
        if obj is None:
            return self.fieldsets
        silent = {name for name in _ONLY_IF_TOLD if self._tells_nothing(name, obj)}
        return [(title, {"fields": [name for name in fields if name not in silent]}) for title, fields in _PAGE]

    def _tells_nothing(self, name: str, booking: Booking) -> bool:
        told = getattr(self, name)(booking) if hasattr(self, name) else getattr(booking, name)
        return told in (None, "", formatting.NOTHING)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the actions that this booking allows right now."""
        booking = self.get_object(request, object_id)
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        if booking is None:
            return []
        fitting = {f"{name}_one" for name, staff_action in ACTIONS.items() if staff_action.fits(booking)}
        return [one for one in allowed if one.method.original_function_name in fitting]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The facts, and below them the history, the suggested times, the calls to the vendor and what it reported."""
        booking = self.get_object(request, object_id)
        tables = {}
        if booking is not None and self.has_view_permission(request, booking):
            operations = list(booking.payment.operations.order_by("created_at"))
            tables = {
                "history_table": detail_tables.history_table(booking),
                "suggestions_table": detail_tables.suggestions_table(booking),
                "operations_table": detail_tables.operations_table(booking, operations),
                "events_table": detail_tables.events_table(booking, operations),
                "findings_table": detail_tables.findings_table(booking),
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **tables})

    @admin.display(description="Booking", ordering="number")
    def booking(self, booking: Booking) -> SafeString:
        return formatting.lines(booking.number, str(booking.patient))

    @admin.display(description="Answer by", ordering="expires_at")
    def answer_by(self, booking: Booking) -> SafeString | str:
        return formatting.deadline(booking)

    @admin.display(description="Visit", ordering="start")
    def starts(self, booking: Booking) -> SafeString:
        return formatting.local_lines(booking.start, booking.provider.zone)

    @admin.display(description="When")
    def visit(self, booking: Booking) -> str:
        return formatting.span(booking.start, booking.end, booking.provider.zone)

    @admin.display(description="First asked for")
    def asked_for(self, booking: Booking) -> str:
        if booking.requested_start == booking.start:
            return formatting.NOTHING
        return formatting.span(booking.requested_start, booking.requested_end, booking.provider.zone)

    @admin.display(description="Practice and service", ordering="provider__practice_name")
    def practice(self, booking: Booking) -> SafeString:
        price = formatting.money(booking.price_cents, booking.payment.currency)
        return formatting.lines(booking.provider.practice_name, booking.service_name, price, may_break=True)

    @admin.display(description="Practice")
    def practice_page(self, booking: Booking) -> SafeString:
        return formatting.link(booking.provider, booking.provider.practice_name)

    @admin.display(description="Name")
    def patient_page(self, booking: Booking) -> SafeString:
        return formatting.link(booking.patient, str(booking.patient))

    @admin.display(description="Contact")
    def patient_contact(self, booking: Booking) -> str:
        return ", ".join(way for way in (booking.patient.email, booking.patient.phone) if way)

    @admin.display(description="Service, as booked")
    def service_then(self, booking: Booking) -> str:
        price = formatting.money(booking.price_cents, booking.payment.currency)
        buffer = f", {booking.buffer_minutes} min buffer" if booking.buffer_minutes else ""
        return f"{booking.service_name} ({booking.service_category}), {booking.duration_minutes} min{buffer}, {price}"

    @admin.display(description="State and payment", ordering="state")
    def standing(self, booking: Booking) -> SafeString:
        return formatting.lines(formatting.state_label(booking.state), formatting.payment_label(booking.payment))

    @admin.display(description="State")
    def state_now(self, booking: Booking) -> SafeString:
        return formatting.state_label(booking.state)

    @admin.display(description="Type")
    def kind(self, booking: Booking) -> str:
        return booking.booking_type

    @admin.display(description="Why this type")
    def why(self, booking: Booking) -> str:
        return detail_tables.why_this_type(booking)

    @admin.display(description="Cancelled")
    def cancelled(self, booking: Booking) -> str:
        if booking.cancelled_at is None:
            return formatting.NOTHING
        return f"{formatting.local(booking.cancelled_at, booking.provider.zone)}, by {booking.cancelled_by}"

    @admin.display(description="Note to the patient")
    def note(self, booking: Booking) -> str:
        return booking.confirmation_note

    @admin.display(description="Reason")
    def reason(self, booking: Booking) -> str:
        return booking.decline_reason or booking.cancellation_reason

    @admin.display(description="Payment", ordering="payment__state")
    def payment_now(self, booking: Booking) -> SafeString:
        return formatting.payment_label(booking.payment)

    @admin.display(description="Amounts")
    def amounts(self, booking: Booking) -> str:
        return detail_tables.amounts(booking)

    @admin.display(description="Can be refunded")
    def refundable(self, booking: Booking) -> str:
        cents = refundable_cents(booking)
        return formatting.money(cents, booking.payment.currency) if cents else formatting.NOTHING

    @admin.display(description="Fee kept")
    def fee(self, booking: Booking) -> str:
        return detail_tables.fee(booking)

    @admin.display(description="Dispute")
    def dispute(self, booking: Booking) -> SafeString | str:
        return detail_tables.dispute(booking)

    @admin.display(description="Payment intent")
    def intent(self, booking: Booking) -> str:
        return booking.payment.intent_id or formatting.NOTHING

    @admin.display(description="The hold lapses")
    def hold(self, booking: Booking) -> str:
        return detail_tables.hold(booking)

    @admin.display(description="Failure")
    def failure(self, booking: Booking) -> SafeString | str:
        return detail_tables.failure(booking)
