"""The forms of a practice in the staff console. They find every mistake before the database has to."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from providers.models import OpeningHours, Provider, Service, TimeOff

_OFTEN = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
# Stripe's minimum charge: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
_SMALLEST_CHARGE = 50


@cache
def zone_choices() -> list[Any]:
    """Every IANA zone, those of the United States first."""
    rest = sorted(available_timezones() - set(_OFTEN))
    return [
        ("", "Choose a time zone"),
        ("Often used", [(name, name) for name in _OFTEN]),
        ("All", [(name, name) for name in rest]),
    ]


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


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A service and its price."""

    class Meta:
        model = Service
        fields = "__all__"  # noqa: DJ007 - the inline's fields are the allow-list

    def clean_price_cents(self) -> int:
        cents: int = self.cleaned_data["price_cents"]
        if 0 < cents < _SMALLEST_CHARGE:
            raise forms.ValidationError("A price is 0, or at least 50 cents: cards are not charged less.")
        return cents


class OpeningHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    """The hours of one weekday; left blank, the practice is closed that day."""

    class Meta:
        model = OpeningHours
        fields = ("weekday", "opens", "closes")

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

    def clean(self) -> Any:
        given = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if start and end and end <= start:
            self.add_error("end", "It ends after it starts.")
        return given
