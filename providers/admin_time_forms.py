"""When a practice is open, and when it is away: the forms of the staff console."""

from typing import Any

from django import forms

from providers.admin_fields import ClockInput, MomentInput, WallTimeField
from providers.models import OpeningHours, TimeOff


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


class TimeOffForm(forms.ModelForm):  # type: ignore[type-arg]
    """A stretch in which nobody is there."""

    class Meta:
        model = TimeOff
        fields = ("team_member", "start", "end", "note")
        field_classes = {"start": WallTimeField, "end": WallTimeField}
        widgets = {"start": MomentInput, "end": MomentInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("start", "end"):
            field = self.fields[name]
            if isinstance(field, WallTimeField):
                field.own = getattr(self.instance, name)

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if start and end and end <= start:
            self.add_error("end", "It ends after it starts.")
        return given
