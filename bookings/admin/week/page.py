"""The page of a practice's week: which week, whose, and the picture."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from bookings.admin.formatting import LINK
from bookings.admin.week import words
from bookings.admin.week.picture import days_of, draw
from bookings.availability.facts import every_lane
from bookings.availability.schedule import Lane
from bookings.availability.week import Stretch, stretch_of
from bookings.models import Booking
from findr import clock
from providers.models import Provider
from providers.wall_times import parse_date

NAME = "bookings_booking_week"
RIGHTS = ("providers.view_provider", "bookings.view_booking")


class DayField(forms.CharField):
    """A day as `2026-03-03`."""

    widget = forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)})

    def clean(self, value: Any) -> date:
        try:
            return parse_date(str(super().clean(value)))
        except ValueError:
            raise forms.ValidationError("This is no day such as 2026-03-03, so this week is shown.") from None


class WeekForm(forms.Form):
    """Which week, by any day of it, and whose: everybody's, or one lane's. Nothing asked for is today's, everybody's.

    What is wrong is told beside its field, and the rest of the page is as if it had not been asked for.
    """

    week = DayField(label="Week of")
    lane = forms.ChoiceField(
        label="Whose",
        required=False,
        error_messages={"invalid_choice": "There is nobody like this here, so everybody is shown."},
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, asked: QueryDict, lanes: Sequence[Lane], today: date) -> None:
        super().__init__({"week": asked.get("week") or today.isoformat(), "lane": asked.get("lane", "")})
        self.lanes, self.today = {str(lane.id): lane for lane in lanes}, today
        self.fields["lane"].choices = [("", "Everybody"), *((key, one.name) for key, one in self.lanes.items())]  # type: ignore[attr-defined]
        self.full_clean()

    def monday(self) -> date:
        """With which the week begins."""
        day: date = self.cleaned_data.get("week", self.today)
        return day - timedelta(days=day.weekday())

    def chosen(self) -> list[Lane]:
        """The lanes that were asked for."""
        one = self.lanes.get(self.cleaned_data.get("lane", ""))
        return [one] if one else list(self.lanes.values())


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
    days = days_of(provider, monday)
    stretch = stretch_of(provider, form.chosen(), days[0].begins, days[-1].ends)
    return {
        "opts": Provider._meta,
        "original": provider,
        "is_fullwidth": "1",
        "title": f"Week of {provider}",
        "form": form,
        "picture": draw(provider, days, stretch, today),
        "legend": {**words.KINDS, "uncovered": words.UNCOVERED},
        "unread": words.unread(_unread(stretch)),
        "others": [
            ("Previous week", _query(monday - timedelta(days=7), lane)),
            ("This week", _query(today, lane)),
            ("Next week", _query(monday + timedelta(days=7), lane)),
        ],
    }


def _unread(stretch: Stretch) -> list[Lane]:
    return [one.lane for one in stretch.schedules if one.is_connected and one.busy is None]


def _query(day: date, lane: str) -> str:
    return f"?{urlencode({'week': day.isoformat()} | ({'lane': lane} if lane else {}))}"


def link_to_week(booking: Booking) -> SafeString:
    """To the week of the booking's practice that it is in."""
    day = booking.start.astimezone(booking.provider.zone).date()
    url = f"{reverse(f'admin:{NAME}', args=[booking.provider_id])}?{urlencode({'week': day.isoformat()})}"
    return format_html(LINK, url, "Its week")
