"""Connected accounts in the staff console: whose they are, and how they fare. Their tokens are nobody's to see."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from calendars.admin.actions import ConnectionActions
from calendars.admin.labels import connection_label
from calendars.models import CalendarConnection
from calendars.words import why
from findr.console_pages import ReadOnlyAdmin
from findr.console_pages.formatting import NOTHING, lines, link
from providers.admin_times import utc

_PAGE = (
    ("The account", ["email", "vendor_name", "practice_page", "whose", "connected", "allowed"]),
    ("What is read and written", ["read", "written_to", "service_name"]),
    ("How it fares", ["standing", "last_success", "failing", "last_failure", "told"]),
)


@admin.register(CalendarConnection)
class CalendarConnectionAdmin(ConnectionActions, ReadOnlyAdmin):
    """Read-only, but for what its owner asks staff to do: that takes `calendars.change_calendarconnection`."""

    list_display = ("account", "owner", "status_now", "success", "trouble")
    list_filter = ("status", "vendor")
    list_select_related = ("provider", "member")
    search_fields = ("account_email", "provider__practice_name", "member__name")
    search_help_text = "Account, practice, or team member"
    ordering = ("-connected_at", "id")
    empty_title = "No calendars"
    fieldsets = tuple((title, {"fields": fields}) for title, fields in _PAGE)
    readonly_fields = tuple(field for _, fields in _PAGE for field in fields)
    exclude = ("access_token", "refresh_token")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With whose it is, in the same statement, and without its tokens."""
        return super().get_queryset(request).select_related(*self.list_select_related).defer(*self.exclude)

    @admin.display(description="Account", ordering="account_email")
    def account(self, connection: CalendarConnection) -> SafeString:
        return lines(connection.account_email, connection.get_vendor_display())

    @admin.display(description="Calendar of", ordering="provider__practice_name")
    def owner(self, connection: CalendarConnection) -> SafeString:
        names = [connection.provider.practice_name, connection.member.name if connection.member else ""]
        return lines(*filter(None, names), may_break=True)

    @admin.display(description="Status", ordering="status")
    def status_now(self, connection: CalendarConnection) -> SafeString:
        number = connection.failures
        failures = ["1 failure" if number == 1 else f"{number} failures in a row"] if number else []
        return lines(connection_label(connection), *failures)

    @admin.display(description="Last success", ordering="last_success_at")
    def success(self, connection: CalendarConnection) -> SafeString:
        return lines(*utc(connection.last_success_at).rsplit(", ", 1))

    @admin.display(description="What is wrong")
    def trouble(self, connection: CalendarConnection) -> SafeString | str:
        """Of one that works again, or is not read any more, nothing is."""
        if not connection.failures or not connection.is_connected:
            return NOTHING
        told = f"Its owner was told {utc(connection.told_at)}" if connection.told_at else "Its owner was not told yet"
        return lines(f"{capfirst(why(connection.last_error))}.", f"{told}.", may_break=True)

    @admin.display(description="Account")
    def email(self, connection: CalendarConnection) -> str:
        return connection.account_email

    @admin.display(description="Vendor")
    def vendor_name(self, connection: CalendarConnection) -> str:
        personal = ", a personal account" if connection.is_personal else ""
        return f"{connection.get_vendor_display()}{personal}"

    @admin.display(description="Practice")
    def practice_page(self, connection: CalendarConnection) -> SafeString:
        return link(connection.provider, connection.provider.practice_name)

    @admin.display(description="Whose calendar")
    def whose(self, connection: CalendarConnection) -> str:
        return connection.member.name if connection.member else "The practice's own"

    @admin.display(description="Connected since")
    def connected(self, connection: CalendarConnection) -> str:
        return utc(connection.connected_at)

    @admin.display(description="Allowed")
    def allowed(self, connection: CalendarConnection) -> SafeString | str:
        """Each scope by its last word: `https://www.googleapis.com/auth/calendar.events` is `calendar.events`."""
        words = [scope.rstrip("/").rsplit("/", 1)[-1] for scope in connection.scopes]
        return lines(*words, may_break=True) if words else NOTHING

    @admin.display(description="Calendars read")
    def read(self, connection: CalendarConnection) -> SafeString | str:
        return lines(*connection.conflict_calendars, may_break=True) if connection.conflict_calendars else NOTHING

    @admin.display(description="Events are written to")
    def written_to(self, connection: CalendarConnection) -> str:
        return connection.target_calendar

    @admin.display(description="Events show")
    def service_name(self, connection: CalendarConnection) -> str:
        return "The service's name" if connection.names_service else "That it is a visit, and no more"

    @admin.display(description="Status")
    def standing(self, connection: CalendarConnection) -> SafeString:
        return connection_label(connection)

    @admin.display(description="Last success")
    def last_success(self, connection: CalendarConnection) -> str:
        return utc(connection.last_success_at)

    @admin.display(description="Failures in a row")
    def failing(self, connection: CalendarConnection) -> int:
        return connection.failures

    @admin.display(description="Last error")
    def last_failure(self, connection: CalendarConnection) -> SafeString | str:
        if not connection.last_error:
            return NOTHING
        return lines(f"{capfirst(why(connection.last_error))}.", utc(connection.last_error_at), may_break=True)

    @admin.display(description="Owner last told")
    def told(self, connection: CalendarConnection) -> str:
        return utc(connection.told_at)
