"""When a practice is open, and when it is away: the forms of the staff console."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_current_timezone

from providers.admin_fields import ClockInput, MomentInput
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


class MomentField(forms.DateTimeField):
    """A wall time. In the hour that a change of the clocks repeats it is the moment that the row has, if this shows as that
    wall time, and else the earlier of the two; Django refuses that hour, and with it the row that is already there."""

    own: datetime | None = None

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            moments = _moments(value) if error.code == "ambiguous_timezone" else []
            if not moments:
                raise
            return next((one for one in moments if self.own and abs((one - self.own).total_seconds()) < 60), moments[0])


def _moments(text: Any) -> list[datetime]:
    """All moments at which the clock shows this, in order: two in a repeated hour, none in a skipped one."""
    wall, zone = parse_datetime(str(text).strip()), get_current_timezone()
    if wall is None:
        return []
    found = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return [one for one in found if one.astimezone(zone).replace(tzinfo=None) == wall]


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
