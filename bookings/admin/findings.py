"""What the nightly check of the books found, to read; and a check right now, by the job."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.enums import ActionVariant

from bookings import reconciliation
from bookings.admin import formatting
from bookings.models import BookFinding, Booking
from findr.console_pages import ReadOnlyAdmin
from providers import admin_times as times

OPEN, RESOLVED = "open", "resolved"
LIST = "admin:bookings_bookfinding_changelist"
RIGHT = "bookings.change_bookfinding"


class ByResolution(admin.SimpleListFilter):
    """Whether it is still so."""

    title = "state"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(OPEN, "Open"), (RESOLVED, "Resolved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in (OPEN, RESOLVED):
            return queryset.filter(resolved_at__isnull=self.value() == OPEN)
        return queryset


@admin.register(BookFinding)
class BookFindingAdmin(ReadOnlyAdmin):
    """Read-only; a check right now takes `bookings.change_bookfinding`."""

    list_display = ("what", "about", "standing", "detail", "first_seen", "last_seen")
    list_filter = (ByResolution, "invariant")
    search_fields = ("subject", "detail", "invariant")
    search_help_text = "Booking number, subject, or invariant"
    ordering = (F("resolved_at").desc(nulls_first=True), "-first_seen_at", "-id")
    empty_title = "The books balance"
    actions_list = ("check_again",)
    fields = ("invariant", "about", "detail", "standing", "first_seen", "last_seen", "resolved")
    readonly_fields = fields

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether this staff member may have the books checked."""
        return bool(request.user.has_perm(RIGHT))

    def get_queryset(self, request: HttpRequest) -> QuerySet[BookFinding]:
        """With the number of the booking that each is about, in the same statement."""
        findings: QuerySet[BookFinding] = super().get_queryset(request)
        number = Booking.objects.filter(id=OuterRef("booking_id")).values("number")
        return findings.annotate(of_number=Subquery(number))

    @action(  # type: ignore[untyped-decorator]
        description="Check again now", url_path="check-again", permissions=["operate"], variant=ActionVariant.PRIMARY
    )
    def check_again(self, request: HttpRequest) -> HttpResponse:
        """GET tells what it means, only POST has it done."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        if request.method == "POST":
            if reconciliation.check_soon():
                self.message_user(request, "The books are being checked. This list then shows it.", messages.SUCCESS)
            else:
                self.message_user(request, "A check is waiting already, so nothing was done.", messages.WARNING)
            return HttpResponseRedirect(reverse(LIST))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Check the books again now"}
        return TemplateResponse(
            request, "admin/bookings/bookfinding/check_again.html", {**context, "back": reverse(LIST)}
        )

    @admin.display(description="Invariant", ordering="invariant")
    def what(self, finding: BookFinding) -> str:
        return finding.invariant

    @admin.display(description="About", ordering="subject")
    def about(self, finding: Any) -> SafeString | str:
        if finding.of_number is None:
            return str(finding.subject)
        url = reverse("admin:bookings_booking_change", args=[finding.booking_id])
        return format_html(formatting.LINK, url, finding.of_number)

    @admin.display(description="State", ordering="resolved_at")
    def standing(self, finding: BookFinding) -> SafeString:
        return formatting.label("resolved", "success") if finding.resolved_at else formatting.label("open", "danger")

    @admin.display(description="First seen", ordering="first_seen_at")
    def first_seen(self, finding: BookFinding) -> str:
        return times.utc(finding.first_seen_at)

    @admin.display(description="Last seen", ordering="last_seen_at")
    def last_seen(self, finding: BookFinding) -> str:
        return times.utc(finding.last_seen_at)

    @admin.display(description="Gone since", ordering="resolved_at")
    def resolved(self, finding: BookFinding) -> str:
        return times.utc(finding.resolved_at)
