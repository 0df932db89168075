"""The page of a practice's week: which week, whose, and the picture."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern

from bookings.admin.week import words
from bookings.admin.week.asked import WeekForm
from bookings.admin.week.clocks import week_of
from bookings.admin.week.links import NAME, RIGHTS
from bookings.admin.week.picture import draw
from bookings.availability.facts import every_lane
from bookings.availability.week import Stretch, stretch_of
from findr import clock
from providers.models import Provider


class WeekPage:
    """Gives the booking admin the page of a practice's week, to read only."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.week_view)
        own = [path("week/<uuid:provider_id>/", view, name=NAME)]
        return own + super().get_urls()  # type: ignore[misc,no-any-return]

    def week_view(self, request: HttpRequest, provider_id: UUID) -> HttpResponse:
        """The week that `?week=` is in, of `?lane=`; this week of everybody without them."""
        if not request.user.has_perms(RIGHTS):
            raise PermissionDenied
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        provider = get_object_or_404(Provider, id=provider_id)
        context = {**self.admin_site.each_context(request), **_week(provider, request.GET)}
        return TemplateResponse(request, "admin/bookings/booking/week.html", context)


def _week(provider: Provider, asked: QueryDict) -> dict[str, Any]:
    """What the page shows."""
    today = clock.now().astimezone(provider.zone).date()
    form = WeekForm(asked, every_lane(provider), today)
    monday, lane = form.monday(), form.cleaned_data.get("lane", "")
    days = week_of(monday, provider.zone)
    stretch = stretch_of(provider, form.chosen(), days[0].begins, days[-1].ends)
    return {
        "opts": Provider._meta,
        "original": provider,
        "is_fullwidth": "1",
        "title": f"Week of {provider}",
        "form": form,
        "picture": draw(provider, days, stretch, today),
        "legend": {**words.KINDS, "uncovered": words.UNCOVERED},
        "unread": _unread(stretch),
        "others": [
            ("Previous week", _query(monday - timedelta(days=7), lane)),
            ("This week", _query(today, lane)),
            ("Next week", _query(monday + timedelta(days=7), lane)),
        ],
    }


def _unread(stretch: Stretch) -> str:
    """Whose calendars say nothing; blank if all do that there are."""
    names = ", ".join(one.lane.name for one in stretch.schedules if one.is_connected and one.busy is None)
    return f"Busy times are not shown for {names}: the calendar was not read lately, or is not asked." if names else ""


def _query(day: date, lane: str) -> str:
    return f"?{urlencode({'week': day.isoformat()} | ({'lane': lane} if lane else {}))}"
