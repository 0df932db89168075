"""A time that is kept for a patient while they type their card number (contract 16.3)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from findr import clock
from findr.postgresql.compiled_writes import CompiledWrites
from providers.models import Provider


class Reservation(CompiledWrites):
    """One stretch of a lane's time for one patient: at most one with each practice. A row that is gone has ended.

    Attributes:
        owner: whose time hold it is, and the id that a booking made from it gets: so the booking takes the time before
            the reservation lets go of it. The reservation that follows this one has the same.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.UUIDField(default=uuid7, unique=True, editable=False)
    patient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reservations", db_index=False
    )
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="reservations")
    lane = models.UUIDField()
    start = models.DateTimeField()
    end = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="reservation_one_with_each_practice", fields=["patient", "provider"]),
            models.CheckConstraint(name="reservation_forward", condition=Q(end__gt=F("start"))),
        ]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} until {self.expires_at:%H:%M:%S}"
