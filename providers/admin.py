"""Practices in the staff console: created and kept by staff, since no wire call creates them (contract 1).

Every staff member may look; changing takes the Django permissions on practices, services, team members, opening hours
and time off. Nobody deletes a practice: it is suspended.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone

from findr import clock, console
from findr.closing import AsksBeforeClosing
from findr.consequences import AsksBeforeSaving
from findr.console_pages import ConsoleAdmin
from providers import selectors
from providers.admin_forms import ProviderForm
from providers.admin_inlines import OnTheClock, OpeningHoursInline, ServiceInline, TeamMemberInline, TimeOffInline
from providers.models import Provider


@admin.register(Provider)
class ProviderAdmin(AsksBeforeClosing, AsksBeforeSaving, ConsoleAdmin):
    """A practice with all that belongs to it on one page, in tabs; long tables have pages of their own."""

    form = ProviderForm
    list_display = ("practice_name", "status", "city", "region", "timezone", "account")
    list_filter = ("status", "timezone")
    list_select_related = ("account",)
    search_fields = ("practice_name", "email", "account__email", "city")
    search_help_text = "Name, e-mail or city"
    show_facets = admin.ShowFacets.NEVER
    inlines = (ServiceInline, TeamMemberInline, OpeningHoursInline, TimeOffInline)
    fieldsets = (
        (
            "Who they are",
            {"fields": ["account", "practice_name", "provider_types", "status", "email", "phone", "website", "photos"]},
        ),
        ("Where", {"fields": [("street", "suite"), ("city", "region"), "zip_code", "timezone"]}),
        (
            "How they are booked",
            {
                "fields": [
                    ("response_hours", "cancellation_tier"),
                    ("minimum_lead_minutes", "maximum_advance_days"),
                    ("buffer_minutes", "slot_minutes"),
                    "requests_hold_time",
                ]
            },
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def is_open(self, row: Provider) -> bool:
        return row.is_approved

    def is_closed_by(self, sent: QueryDict) -> bool:
        """Suspended, rejected, or put back to what it was before it was approved."""
        return sent.get("status", Provider.Status.APPROVED) != Provider.Status.APPROVED

    def get_readonly_fields(self, request: HttpRequest, obj: Provider | None = None) -> Any:
        """The account is chosen once."""
        return ("account",) if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Provider | None) -> Any:
        """Time off needs the practice's clock and team, so it comes once they are saved."""
        return self.inlines if obj else tuple(inline for inline in self.inlines if inline is not TimeOffInline)

    def get_inline_instances(self, request: HttpRequest, obj: Provider | None = None) -> list[Any]:
        """Whose clock it is, by name, above the tables with times."""
        inlines: list[Any] = super().get_inline_instances(request, obj)
        for inline in inlines:
            if obj and isinstance(inline, OnTheClock):
                inline.say_whose(f"the clock of {obj.timezone}")
        return inlines

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A desk account that has no practice yet."""
        if db_field.name == "account":
            kwargs["queryset"] = selectors.desks_without_a_practice()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_formset_kwargs(self, request: HttpRequest, obj: Provider, inline: Any, prefix: str) -> dict[str, Any]:
        """The days that are still closed stand ready, each in a row of its own."""
        given: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, OpeningHoursInline):
            saved = obj if not obj._state.adding else None
            given["initial"] = [{"weekday": day} for day in selectors.closed_days(saved)]
        return given

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        """The page on the practice's own clock: its time off is shown and read in its zone."""
        practice = self.get_object(request, object_id) if object_id else None
        if practice is None:
            page: HttpResponseBase = super().changeform_view(request, object_id, form_url, extra_context)
            return page
        with timezone.override(practice.zone):
            response: HttpResponseBase = super().changeform_view(request, object_id, form_url, extra_context)
            if hasattr(response, "render"):
                response.render()
            return response

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """With links to what other apps show of the practice."""
        practice = kwargs.get("obj")
        if practice is not None:
            context["actions_detail"] = [*context.get("actions_detail", ()), *console.row_pages(practice, request)]
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        obj.updated_at = clock.now()
        super().save_model(request, obj, form, change)
