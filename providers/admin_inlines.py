"""The tables on a practice's page: its services, its team, its hours, its time off."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline

from providers import selectors
from providers.admin_forms import ServiceForm
from providers.admin_time_forms import OpeningHoursForm, TimeOffForm
from providers.models import WEEKDAYS, OpeningHours, Provider, Service, TeamMember, TimeOff


class ServiceInline(StackedInline):  # type: ignore[misc]
    """What the practice offers."""

    model = Service
    form = ServiceForm
    fields = (("name", "category"), ("duration_minutes", "price_cents"), "is_active", "description")
    verbose_name_plural = "Services (a change counts for new bookings: what has been booked keeps its own)"
    extra = 0


class TeamMemberInline(TabularInline):  # type: ignore[misc]
    """Who can be booked by name."""

    model = TeamMember
    fields = ("name", "title", "accepts_bookings")
    hide_title = True
    extra = 0


class OnTheClock(TabularInline):  # type: ignore[misc]
    """A table of times; its heading says on whose clock they are."""

    heading: str

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.say_whose("the practice's clock")

    def say_whose(self, clock: str) -> None:
        """Put the clock into the heading."""
        self.verbose_name_plural = self.heading.format(clock=clock)


class OpeningHoursInline(OnTheClock):
    """One row for each day of the week; a day left blank is closed."""

    model = OpeningHours
    form = OpeningHoursForm
    heading = "Opening hours, on {clock} (a day left blank is closed)"
    hide_title = True
    max_num = len(WEEKDAYS)

    def get_extra(self, request: HttpRequest, obj: Provider | None = None, **kwargs: Any) -> int:
        return len(selectors.closed_days(obj))


class TimeOffInline(OnTheClock):
    """When the practice, or one of its team, is away."""

    model = TimeOff
    form = TimeOffForm
    fields = ("team_member", "start", "end", "note")
    hide_title = True
    heading = "Time off, on {clock} (without a team member: the whole practice)"
    extra = 0

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only this practice's own people."""
        if db_field.name == "team_member":
            page = request.resolver_match
            kwargs["queryset"] = TeamMember.objects.filter(provider_id=str(page.kwargs["object_id"]) if page else "")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
