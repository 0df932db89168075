"""Fields of the staff console's forms: times of day, moments, dollars, time zones."""

from decimal import Decimal
from functools import cache
from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES, UnfoldAdminDecimalFieldWidget

from findr.money import in_cents, typed
from providers.wall_times import zone_names

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
    rest = sorted(zone_names() - set(_OFTEN))
    return [
        ("", "Choose a time zone"),
        ("Often used", [(name, name) for name in _OFTEN]),
        ("All", [(name, name) for name in rest]),
    ]
