"""The time guard: one table that answers "is this time taken", one constraint that nobody gets around.

ARCHITECTURE.md, "The time guard".
"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from findr import clock


class TimeHold(models.Model):
    """A stretch of a lane's time that belongs to one owner.

    Attributes:
        lane: the team member's id, else the provider's.
        owner: the booking's id. A stranger never overlaps; a booking's own holds may.
        during: half-open, with the buffer of the moment it was taken.
        lapses_at: from when on it takes nothing from anybody, whether or not it is still there: a reservation's end.
    """

    class Kind(models.TextChoices):
        BOOKING = "booking"
        REQUEST = "request"
        SUGGESTION = "suggestion"
        RESERVATION = "reservation"

    lane = models.UUIDField()
    owner = models.UUIDField(db_index=True)
    during = DateTimeRangeField()
    kind = models.CharField(max_length=12, choices=Kind)
    created_at = models.DateTimeField(default=clock.now)
    lapses_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="time_hold_no_strangers_overlap",
                expressions=[
                    ("lane", RangeOperators.EQUAL),
                    ("owner", RangeOperators.NOT_EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="time_hold_kind_known",
                condition=Q(kind__in=["booking", "request", "suggestion", "reservation"]),
            ),
            models.CheckConstraint(
                name="time_hold_reservations_lapse",
                condition=Q(kind="reservation", lapses_at__isnull=False) | ~Q(kind="reservation") & Q(lapses_at=None),
            ),
            models.CheckConstraint(name="time_hold_not_empty", condition=Q(during__isempty=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.during}"
