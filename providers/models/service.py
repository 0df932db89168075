"""What a practice offers."""

from uuid import uuid4

from django.db import models
from django.db.models import Q

from findr.text import validate_line
from providers.models.provider import Provider
from providers.models.ranges import between


class Service(models.Model):
    """What a practice offers. The price, the length and the name of a booking come from here, never from a client."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="services")
    name = models.CharField(max_length=200, validators=[validate_line])
    category = models.CharField(max_length=100, validators=[validate_line])
    description = models.TextField(blank=True)
    duration_minutes = models.PositiveIntegerField(validators=between(5, 480))
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
