"""Bookings in the staff console. Everything is read-only; actions have pages of their own (`actions`)."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from bookings.admin import formatting
from bookings.admin.actions import ACTIONS
from bookings.admin.actions.pages import ActionPages
from bookings.admin.booking_facts import BookingFacts
from bookings.admin.booking_list import BookingList
from bookings.admin.filters import QUEUE, Overdue, PlainChoices, Show, shown
from bookings.admin.search import search
from bookings.admin.tables.calendar import calendar_table
from bookings.admin.tables.deliveries import deliveries_table
from bookings.admin.tables.events import events_table
from bookings.admin.tables.findings import findings_table
from bookings.admin.tables.history import history_table
from bookings.admin.tables.operations import operations_table
from bookings.admin.tables.suggestions import suggestions_table
from bookings.admin.uncovered import not_covered
from bookings.admin.week.page import WeekPage
from bookings.models import Booking
from findr.console_pages import FewChoices, ReadOnlyAdmin

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


@admin.register(Booking)
class BookingAdmin(BookingFacts, ActionPages, WeekPage, ReadOnlyAdmin):
    """The queue, and one booking in full. Nobody adds, edits or deletes here, superusers included."""

    list_display = ("booking", "starts", "practice", "standing")
    list_filter = (
        Show,
        Overdue,
        ("state", PlainChoices),
        ("payment__state", PlainChoices),
        ("booking_type", PlainChoices),
        ("provider", FewChoices),
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
    change_form_outer_before_template = "admin/bookings/booking/not_covered.html"
    change_form_outer_after_template = "admin/bookings/booking/detail_tables.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        """All that a row or a page shows of other tables, in the same statement."""
        bookings: QuerySet[Booking] = super().get_queryset(request)
        return bookings.select_related(*self.list_select_related)

    def search(self, request: HttpRequest, queryset: QuerySet[Booking], term: str) -> tuple[QuerySet[Booking], bool]:
        """Found by indexes (`admin/search.py`); Django would look for each word in every row of all the tables joined."""
        return search(queryset, term), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BookingList

    def get_list_display(self, request: HttpRequest) -> Any:
        """In the queue every booking waits, and what matters is for how long yet."""
        in_queue = ("booking", "answer_by", "starts", "practice", "payment_now")
        names = in_queue if shown(request.GET) == QUEUE else self.list_display
        return tuple(self._starts_with_mark(request) if name == "starts" else name for name in names)

    def get_sortable_by(self, request: HttpRequest) -> None:
        """Whatever has an order; Django would look for the columns of another request's list."""

    def _starts_with_mark(self, request: HttpRequest) -> Callable[[Booking], SafeString]:
        """When a visit starts, and whether anybody is there then: `BookingList` has asked that for all of its rows."""

        @admin.display(description="Visit", ordering="start")
        def starts(booking: Booking) -> SafeString:
            mark = vars(request)["marks"].get(booking.id)
            return formatting.lines(self.starts(booking), mark) if mark else self.starts(booking)

        return starts

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
        """What is not covered, the facts, and below them the calendar, the history, what was sent, the suggested times, the calls to the vendor and what it reported."""
        booking = self.get_object(request, object_id)
        tables = {}
        if booking is not None and self.has_view_permission(request, booking):
            operations = list(booking.payment.operations.order_by("created_at"))
            tables = {
                "not_covered": not_covered(booking),
                "calendar_table": calendar_table(booking),
                "history_table": history_table(booking),
                "deliveries_table": deliveries_table(booking),
                "suggestions_table": suggestions_table(booking),
                "operations_table": operations_table(booking, operations),
                "events_table": events_table(booking, operations),
                "findings_table": findings_table(booking),
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **tables})
