"""The events that stand for visits, to read, and to have written once more."""

import logging
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from calendars import selectors
from calendars.admin.labels import event_label
from calendars.models import CalendarEvent, SyncState
from calendars.services.events import write_again
from calendars.words import why
from findr.console_pages import ReadOnlyAdmin
from findr.console_pages.formatting import LINK, NOTHING, lines, link
from providers.admin_times import local_lines, span, utc

logger = logging.getLogger(__name__)

WRONG = "wrong"
AGAIN = "Written again."


class ByStanding(admin.SimpleListFilter):
    """How far the vendor has them."""

    title = "state"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = [(str(word), str(title)) for word, title in SyncState.choices]
        return [(WRONG, "Wrong, of visits to come"), *known]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == WRONG:
            return queryset.filter(pk__in=selectors.wrong_events().values("pk"))
        return queryset.filter(state=self.value()) if self.value() in SyncState.values else queryset


@admin.register(CalendarEvent)
class CalendarEventAdmin(ReadOnlyAdmin):
    """Read-only, but for having an event written again: that takes `calendars.change_calendarevent`."""

    list_display = ("visit", "booking", "calendar_of", "standing", "versions", "attempts", "error")
    list_filter = (ByStanding, "connection__vendor")
    list_select_related = ("connection__provider", "connection__member")
    search_fields = ("description", "connection__account_email", "connection__provider__practice_name", "vendor_id")
    search_help_text = "Booking number, account, practice, or the vendor's id"
    ordering = ("-created_at", "id")
    empty_title = "No events"
    actions = ("write_again",)
    fields = (
        *("when", "booking", "account", "calendar", "title", "standing", "should_be", "versions", "attempts", "error"),
        *("last_written", "taken_over", "vendor_id"),
    )
    readonly_fields = fields

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether this staff member may have events written again."""
        return bool(request.user.has_perm("calendars.change_calendarevent"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[CalendarEvent]:
        """With whose calendar it is in, in the same statement, and without anybody's tokens."""
        events: QuerySet[CalendarEvent] = super().get_queryset(request)
        tokens = ("connection__access_token", "connection__refresh_token")
        return events.select_related(*self.list_select_related).defer(*tokens)

    @admin.action(description="Write again", permissions=["operate"])
    def write_again(self, request: HttpRequest, queryset: QuerySet[CalendarEvent]) -> None:
        """Have the selected events written now, as they are wanted: the vendor knows each by its key, so twice is harmless."""
        for event in queryset:
            if write_again(event.pk):
                self.log_change(request, event, AGAIN)
                logger.info("Staff member %s has event %s written again.", request.user.pk, event.pk)
                self.message_user(request, f"{event.description}: is being written again.", messages.SUCCESS)
            else:
                why_not = "its calendar is out of reach, so nothing was done."
                self.message_user(request, f"{event.description}: {why_not}", messages.WARNING)

    @admin.display(description="Visit", ordering="start")
    def visit(self, event: CalendarEvent) -> SafeString:
        return local_lines(event.start, ZoneInfo(event.timezone))

    @admin.display(description="When")
    def when(self, event: CalendarEvent) -> str:
        return span(event.start, event.end, ZoneInfo(event.timezone))

    @admin.display(description="Booking", ordering="description")
    def booking(self, event: CalendarEvent) -> SafeString:
        url = reverse("admin:bookings_booking_change", args=[event.booking_id])
        return format_html(LINK, url, event.description.removeprefix("Booking ") or event.booking_id)

    @admin.display(description="Calendar of", ordering="connection__provider__practice_name")
    def calendar_of(self, event: CalendarEvent) -> SafeString:
        connection = event.connection
        member = [connection.member.name] if connection.member else []
        account = f"{connection.account_email} ({connection.get_vendor_display()})"
        return lines(connection.provider.practice_name, *member, account, may_break=True)

    @admin.display(description="Account")
    def account(self, event: CalendarEvent) -> SafeString:
        return link(event.connection, str(event.connection))

    @admin.display(description="State", ordering="state")
    def standing(self, event: CalendarEvent) -> SafeString:
        return event_label(event)

    @admin.display(description="Should be")
    def should_be(self, event: CalendarEvent) -> str:
        return "In the calendar" if event.wanted else "Gone: the visit was called off"

    @admin.display(description="Version")
    def versions(self, event: CalendarEvent) -> SafeString:
        return lines(f"{event.written_version} of {event.version} written")

    @admin.display(description="Error", ordering="last_error")
    def error(self, event: CalendarEvent) -> str:
        return f"{capfirst(why(event.last_error))}." if event.last_error else NOTHING

    @admin.display(description="Last written")
    def last_written(self, event: CalendarEvent) -> str:
        return utc(event.written_at)

    @admin.display(description="Nobody else takes over before")
    def taken_over(self, event: CalendarEvent) -> str:
        return utc(event.claimed_until) if event.state in (SyncState.PENDING, SyncState.FAILED) else NOTHING
