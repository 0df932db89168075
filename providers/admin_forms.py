"""The forms of a practice in the staff console. They find every mistake before the database has to."""

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from providers.admin_fields import DollarsField, zone_choices
from providers.models import RANGES, Provider, Service


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
