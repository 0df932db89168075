"""The forms of a practice in the staff console. They find every mistake before the database has to."""

from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from findr.money import in_cents, typed
from providers.models import RANGES, OpeningHours, Provider, Service, TimeOff

_OFTEN = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
# Stripe's minimum and maximum charge: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
_SMALLEST_CHARGE, _LARGEST_CHARGE = Decimal("0.50"), Decimal("999999.99")


class ClockInput(forms.TimeInput):
    """A time of day, in the browser's own field: no guess about the reader's time zone stands beside it."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)}, format="%H:%M")


class MomentInput(forms.DateTimeInput):
    """A date and a time of day, likewise."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%dT%H:%M")


class DollarsField(forms.DecimalField):
    """Cents in the database, dollars on the form."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminDecimalFieldWidget
        super().__init__(min_value=0, max_value=_LARGEST_CHARGE, decimal_places=2, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return typed(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        given = super().clean(value)
        if 0 < given < _SMALLEST_CHARGE:
            raise forms.ValidationError("A price is 0, or at least 0.50: cards are not charged less.")
        return in_cents(given)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


@cache
def zone_choices() -> list[Any]:
    """Every IANA zone, those of the United States first."""
    rest = sorted(available_timezones() - set(_OFTEN))
    return [
        ("", "Choose a time zone"),
        ("Often used", [(name, name) for name in _OFTEN]),
        ("All", [(name, name) for name in rest]),
    ]


def _range(name: str, unit: str) -> str:
    low, high = RANGES[name]
    return f"{low} to {high} {unit}."


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """A practice."""

    timezone = forms.ChoiceField(
        label="Time zone",
        choices=zone_choices,
        widget=UnfoldAdminSelectWidget,
        help_text="Opening hours and wall times are read in this zone.",
    )
    provider_types = SimpleArrayField(
        forms.CharField(max_length=60),
        required=False,
        label="Kinds of practice",
        help_text="Separated by commas, for example: Medical, Physical therapy",
        widget=UnfoldAdminTextInputWidget,
    )
    photos = SimpleArrayField(
        forms.URLField(assume_scheme="https"),
        delimiter="\n",
        required=False,
        help_text="Web addresses, one a line.",
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )

    class Meta:
        model = Provider
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets are the allow-list
        labels = {
            "account": "Desk account",
            "response_hours": "Hours to answer",
            "minimum_lead_minutes": "Shortest notice",
            "maximum_advance_days": "Furthest ahead",
            "buffer_minutes": "Break after a visit",
            "slot_minutes": "Grid of offered times",
            "requests_hold_time": "Requests hold their time",
        }
        help_texts = {
            "account": "The sign-in of the provider portal. It is chosen once.",
            "response_hours": _range("response_hours", "hours"),
            "minimum_lead_minutes": _range("minimum_lead_minutes", "minutes before the visit"),
            "maximum_advance_days": _range("maximum_advance_days", "days"),
            "buffer_minutes": _range("buffer_minutes", "minutes"),
            "slot_minutes": _range("slot_minutes", "minutes"),
            "cancellation_tier": "What a patient's late cancellation costs.",
        }


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A service and its price."""

    price_cents = DollarsField(label="Price in US dollars", help_text="0, or at least 0.50.")

    class Meta:
        model = Service
        fields = "__all__"  # noqa: DJ007 - the inline's fields are the allow-list
        labels = {"duration_minutes": "Minutes", "is_active": "Can be booked"}
        widgets = {"description": UnfoldAdminTextareaWidget({"rows": 2})}


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
        field_classes = {"start": forms.DateTimeField, "end": forms.DateTimeField}
        widgets = {"start": MomentInput, "end": MomentInput}

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if start and end and end <= start:
            self.add_error("end", "It ends after it starts.")
        return given
