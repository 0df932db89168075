"""The mark that somebody was reminded, so that each reminder is sent once however often it is looked for."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from bookings.models.booking import Booking
from findr import clock


class Reminder(models.Model):
    """One reminder of one moment, sent or skipped (contract 15.6). A visit that moves has others at its new time.

    Attributes:
        due_for: the start of the visit, or the deadline of the request, that it is about.
        told: False: it was skipped, since its moment had passed before there was anything to be reminded of.
    """

    class Kind(models.TextChoices):
        """A day and an hour before a visit; four hours before a request ends by itself."""

        DAY_BEFORE = "day_before", "A day before the visit"
        HOUR_BEFORE = "hour_before", "An hour before the visit"
        EXPIRING = "expiring", "Before the request expires"

        @property
        def before(self) -> timedelta:
            """How long before `due_for` its moment is."""
            return _BEFORE[self]

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="reminders", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind)
    due_for = models.DateTimeField()
    told = models.BooleanField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reminder_once", fields=["booking", "kind", "due_for"]),
            models.CheckConstraint(
                name="reminder_kind_known", condition=Q(kind__in=("day_before", "hour_before", "expiring"))
            ),
        ]
        indexes = [models.Index(name="reminder_age", fields=["due_for"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_for:%Y-%m-%d %H:%M}"


_BEFORE = {
    Reminder.Kind.DAY_BEFORE: timedelta(hours=24),
    Reminder.Kind.HOUR_BEFORE: timedelta(hours=1),
    Reminder.Kind.EXPIRING: timedelta(hours=4),
}
