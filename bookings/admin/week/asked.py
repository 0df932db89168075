"""Which week is asked for, and whose: read from the page's address, where anything may stand."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from bookings.availability.schedule import Lane
from providers.wall_times import parse_date


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

    week = DayField(label="Week of", required=False)
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
