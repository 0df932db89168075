"""Between which bounds a practice may set how it is booked (contract 6.10)."""

from django.core.validators import MaxValueValidator, MinValueValidator

RANGES = {
    "response_hours": (4, 72),
    "minimum_lead_minutes": (0, 10080),
    "maximum_advance_days": (1, 365),
    "buffer_minutes": (0, 120),
    "slot_minutes": (5, 120),
}


def between(low: int, high: int) -> list[MinValueValidator | MaxValueValidator]:
    """Both bounds included."""
    return [MinValueValidator(low), MaxValueValidator(high)]
