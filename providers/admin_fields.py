"""Fields of the staff console's forms: times of day, moments, dollars, time zones."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.timezone import get_current_timezone_name
from unfold.widgets import INPUT_CLASSES, UnfoldAdminDecimalFieldWidget

from findr.money import in_cents, typed
from providers.wall_times import TimeDoesNotExist, parse_date_time, zone_names

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


class WallTimeField(forms.DateTimeField):
    """A wall time, to the minute; the instant that it is on the clock of a zone.

    In the hour that a change of the clocks repeats it is the moment that the row has, if this shows as that wall time, and
    else the earlier of the two. Django's own field refuses that hour, and with it the row that is already there.

    Attributes:
        zone: whose clock; None is the one that the page is on, Django's current one.
        own: the moment that the row has.
    """

    widget = MomentInput
    zone: ZoneInfo | None = None
    own: datetime | None = None

    def prepare_value(self, value: Any) -> Any:
        return self._wall(value) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values or isinstance(value, datetime):
            return value or None
        try:
            given = parse_date_time(str(value).strip())
            if self.own and self._wall(self.own) == given.value:
                return self.own
            return given.resolve(self._zone())
        except TimeDoesNotExist as skipped:
            raise forms.ValidationError(skipped.message, code=skipped.code) from None
        except ValueError:
            raise forms.ValidationError("Enter a date and a time of day.", code="invalid") from None

    def _wall(self, moment: datetime) -> datetime:
        """As the page shows a moment."""
        return moment.astimezone(self._zone()).replace(second=0, microsecond=0, tzinfo=None)

    def _zone(self) -> ZoneInfo:
        return self.zone or ZoneInfo(get_current_timezone_name())


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
