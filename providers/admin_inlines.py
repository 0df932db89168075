"""The tables on a practice's page: its services, its team, its hours, its time off."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline

from findr import clock
from findr.console_pages import PagedRows
from providers import selectors
from providers.admin_forms import ServiceForm
from providers.admin_time_forms import OpeningHoursForm, TimeOffForm
from providers.models import WEEKDAYS, OpeningHours, Provider, Service, TeamMember, TimeOff

_NOTE = "admin/providers/provider/table_note.html"


class ServiceInline(StackedInline):  # type: ignore[misc]
    """What the practice offers."""

    model = Service
    form = ServiceForm
    formset = PagedRows
    fields = (("name", "category"), ("duration_minutes", "price_cents"), "is_active", "description")
    template_before = _NOTE
    note = "A change counts for new bookings: what has been booked keeps its own."
    tab = True
    per_page = 15
    extra = 0


class TeamMemberInline(TabularInline):  # type: ignore[misc]
    """Who can be booked by name."""

    model = TeamMember
    formset = PagedRows
    fields = ("name", "title", "accepts_bookings")
    hide_title = True
    tab = True
    per_page = 25
    extra = 0


class OnTheClock(TabularInline):  # type: ignore[misc]
    """A table of times, which says on whose clock they are."""

    template_before = _NOTE
    hide_title = True
    tab = True
    about: str

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.say_whose("the practice's clock")

    def say_whose(self, whose: str) -> None:
        """Put the clock into the note above the table."""
        self.note = self.about.format(clock=whose)


class OpeningHoursInline(OnTheClock):
    """One row for each day of the week; a day left blank is closed."""

    model = OpeningHours
    form = OpeningHoursForm
    about = "Opening hours, on {clock}. A day left blank is closed."
    max_num = len(WEEKDAYS)

    def get_extra(self, request: HttpRequest, obj: Provider | None = None, **kwargs: Any) -> int:
        return len(selectors.closed_days(obj))


class TimeOffInline(OnTheClock):
    """When the practice, or one of its team, is away from now on: what is past leaves the page."""

    model = TimeOff
    form = TimeOffForm
    formset = PagedRows
    fields = ("team_member", "start", "end", "note")
    about = "Time off, on {clock}. Without a team member, the whole practice is away. What is past is not shown."
    per_page = 15
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeOff]:
        """In an order that does not change from page to page."""
        rows: QuerySet[TimeOff] = super().get_queryset(request)
        return rows.filter(end__gt=clock.now()).order_by("start", "id")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only this practice's own people; nobody means all of them."""
        if db_field.name != "team_member":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        page = request.resolver_match
        kwargs["queryset"] = TeamMember.objects.filter(provider_id=str(page.kwargs["object_id"]) if page else "")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.empty_label = "The whole practice"
        return field
