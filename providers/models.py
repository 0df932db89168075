"""A practice, its services, its team, its hours, and how it wants to be booked (contract 6.10, 9.5)."""

from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import F, Q

from findr import clock
from providers.wall_times import zone_names

# Contract 6.10.
RANGES = {
    "response_hours": (4, 72),
    "minimum_lead_minutes": (0, 10080),
    "maximum_advance_days": (1, 365),
    "buffer_minutes": (0, 120),
    "slot_minutes": (5, 120),
}
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def validate_zone(name: str) -> None:
    """A name of the IANA time zone database: https://www.iana.org/time-zones"""
    if name not in zone_names():
        raise ValidationError(f"{name} is not an IANA time zone such as America/Denver.")


def _between(low: int, high: int) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(low), MaxValueValidator(high)]


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
    practice_name = models.CharField(max_length=200)
    provider_types = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    email = models.EmailField(help_text="Where patients write to.")
    phone = models.CharField(max_length=40, blank=True)
    website = models.CharField(max_length=500, blank=True, validators=[URLValidator(["https", "http"])])
    street = models.CharField(max_length=200)
    suite = models.CharField(max_length=60, blank=True)
    city = models.CharField(max_length=100)
    region = models.CharField("state", max_length=60)
    zip_code = models.CharField("ZIP", max_length=20)
    photos = ArrayField(
        models.CharField(max_length=500, validators=[URLValidator(["https"])]), default=list, blank=True
    )

    timezone = models.CharField(
        max_length=64, validators=[validate_zone], help_text="IANA name; wall times are read in it."
    )
    response_hours = models.PositiveIntegerField(default=24, validators=_between(*RANGES["response_hours"]))
    minimum_lead_minutes = models.PositiveIntegerField(default=60, validators=_between(*RANGES["minimum_lead_minutes"]))
    maximum_advance_days = models.PositiveIntegerField(default=60, validators=_between(*RANGES["maximum_advance_days"]))
    buffer_minutes = models.PositiveIntegerField(
        default=0, validators=_between(*RANGES["buffer_minutes"]), help_text="Kept free after each visit."
    )
    slot_minutes = models.PositiveIntegerField(
        default=30, validators=_between(*RANGES["slot_minutes"]), help_text="Grid of the offered times."
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
    def zone(self) -> ZoneInfo:
        """The provider zone."""
        return ZoneInfo(self.timezone)


class Service(models.Model):
    """What a practice offers. The price, the length and the name of a booking come from here, never from a client."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="services")
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    duration_minutes = models.PositiveIntegerField(validators=_between(5, 480))
    price_cents = models.PositiveIntegerField(help_text="US cents: 0, or at least 50.")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="service_duration_in_range", condition=Q(duration_minutes__gte=5, duration_minutes__lte=480)
            ),
            # Stripe's minimum charge: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
            models.CheckConstraint(
                name="service_price_free_or_chargeable", condition=Q(price_cents=0) | Q(price_cents__gte=50)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.duration_minutes} min)"


class TeamMember(models.Model):
    """Somebody of the practice who can be booked by name: a lane of their own."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="team_members")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=100, blank=True)
    accepts_bookings = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """The hours of one weekday, wall times in the provider zone. A weekday without a row is closed."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=list(enumerate(WEEKDAYS)))
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ["weekday"]
        verbose_name_plural = "opening hours"
        constraints = [
            models.UniqueConstraint(name="opening_hours_once_a_day", fields=["provider", "weekday"]),
            models.CheckConstraint(name="opening_hours_forward", condition=Q(closes__gt=F("opens"))),
            models.CheckConstraint(name="opening_hours_weekday_known", condition=Q(weekday__lte=6)),
        ]

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.opens:%H:%M}-{self.closes:%H:%M}"


class TimeOff(models.Model):
    """A stretch in which the practice, or one of its team, is away: nothing in it is instant."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="time_off")
    team_member = models.ForeignKey(TeamMember, on_delete=models.CASCADE, null=True, blank=True)
    start = models.DateTimeField()
    end = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["start"]
        verbose_name_plural = "time off"
        constraints = [models.CheckConstraint(name="time_off_forward", condition=Q(end__gt=F("start")))]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} - {self.end:%Y-%m-%d %H:%M}"
