"""When a practice is open, and when it is away: the forms of the staff console."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_current_timezone_name, localtime

from providers.admin_fields import ClockInput, MomentInput
from providers.models import OpeningHours, TimeOff
from providers.wall_times import GivenTime, TimeDoesNotExist


class OpeningHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    """The hours of one weekday; left blank, the practice is closed that day."""

    class Meta:
        model = OpeningHours
        fields = ("weekday", "opens", "closes")
        widgets = {"opens": ClockInput, "closes": ClockInput}

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        opens, closes = given.get("opens"), given.get("closes")
        if opens and closes and closes <= opens:
            self.add_error("closes", "It closes after it opens, on the same day.")
        return given


class MomentField(forms.DateTimeField):
    """A wall time. In the hour that a change of the clocks repeats it is the moment that the row has, if this shows as that
    wall time, and else the earlier of the two; Django refuses that hour, and with it the row that is already there."""

    own: datetime | None = None

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            wall = parse_datetime(str(value).strip()) if error.code == "ambiguous_timezone" else None
            if wall is None:
                raise
            if self.own and localtime(self.own).replace(second=0, microsecond=0, tzinfo=None) == wall:
                return self.own
            try:
                return GivenTime(wall).resolve(ZoneInfo(get_current_timezone_name()))
            except TimeDoesNotExist:
                raise error from None


class TimeOffForm(forms.ModelForm):  # type: ignore[type-arg]
    """A stretch in which nobody is there."""

    class Meta:
        model = TimeOff
        fields = ("team_member", "start", "end", "note")
        field_classes = {"start": MomentField, "end": MomentField}
        widgets = {"start": MomentInput, "end": MomentInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("start", "end"):
            field = self.fields[name]
            if isinstance(field, MomentField):
                field.own = getattr(self.instance, name)

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if start and end and end <= start:
            self.add_error("end", "It ends after it starts.")
        return given
