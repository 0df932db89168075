"""A practice, and how it wants to be booked (contract 6.10)."""

from functools import cached_property
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q

from findr import clock
from findr.email_fields import EmailField
from findr.text import validate_line
from providers.models.ranges import RANGES, between
from providers.wall_times import zone_names


def validate_zone(name: str) -> None:
    """A name of the IANA time zone database: https://www.iana.org/time-zones"""
    if name not in zone_names():
        raise ValidationError(f"{name} is not an IANA time zone such as America/Denver.")


class Provider(models.Model):
    """A practice. `account` is its desk: the sign-in of the provider portal."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        SUSPENDED = "suspended"

    class CancellationTier(models.TextChoices):
        STANDARD = "standard"
        MODERATE = "moderate"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="provider")
    practice_name = models.CharField(max_length=200, validators=[validate_line])
    provider_types = ArrayField(models.CharField(max_length=60, validators=[validate_line]), default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    email = EmailField(help_text="Where patients write to.")
    phone = models.CharField(max_length=40, blank=True, validators=[validate_line])
    website = models.CharField(max_length=500, blank=True, validators=[URLValidator(["https", "http"])])
    street = models.CharField(max_length=200, validators=[validate_line])
    suite = models.CharField(max_length=60, blank=True, validators=[validate_line])
    city = models.CharField(max_length=100, validators=[validate_line])
    region = models.CharField("state", max_length=60, validators=[validate_line])
    zip_code = models.CharField("ZIP", max_length=20, validators=[validate_line])
    photos = ArrayField(
        models.CharField(max_length=500, validators=[URLValidator(["https"])]), default=list, blank=True
    )

    timezone = models.CharField(
        max_length=64, validators=[validate_zone], help_text="IANA name; wall times are read in it."
    )
    response_hours = models.PositiveIntegerField(default=24, validators=between(*RANGES["response_hours"]))
    minimum_lead_minutes = models.PositiveIntegerField(default=60, validators=between(*RANGES["minimum_lead_minutes"]))
    maximum_advance_days = models.PositiveIntegerField(default=60, validators=between(*RANGES["maximum_advance_days"]))
    buffer_minutes = models.PositiveIntegerField(
        default=0, validators=between(*RANGES["buffer_minutes"]), help_text="Kept free after each visit."
    )
    slot_minutes = models.PositiveIntegerField(
        default=30, validators=between(*RANGES["slot_minutes"]), help_text="Grid of the offered times."
    )
    cancellation_tier = models.CharField(max_length=10, choices=CancellationTier, default=CancellationTier.STANDARD)
    requests_hold_time = models.BooleanField(
        default=False, help_text="A waiting request keeps its time: nobody else can ask for it meanwhile."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["practice_name"]
        constraints = [
            *(
                models.CheckConstraint(
                    name=f"provider_{name}_in_range", condition=Q(**{f"{name}__gte": low, f"{name}__lte": high})
                )
                for name, (low, high) in RANGES.items()
            ),
            models.CheckConstraint(
                name="provider_status_known",
                condition=Q(status__in=["draft", "pending", "approved", "rejected", "suspended"]),
            ),
            models.CheckConstraint(
                name="provider_cancellation_tier_known", condition=Q(cancellation_tier__in=["standard", "moderate"])
            ),
        ]

    def __str__(self) -> str:
        return self.practice_name

    @property
    def is_approved(self) -> bool:
        """May be booked, and may take people's money (contract 9.4)."""
        return self.status == self.Status.APPROVED

    @cached_property
    def closed_days(self) -> list[int]:
        """The weekdays without opening hours, Monday first, as they were when this was first asked."""
        taken = set(self.opening_hours.values_list("weekday", flat=True))
        return [day for day in range(7) if day not in taken]

    @property
    def zone(self) -> ZoneInfo:
        """The provider zone."""
        return ZoneInfo(self.timezone)
