"""When a practice is open."""

from django.db import models
from django.db.models import F, Q

from providers.models.provider import Provider

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


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
