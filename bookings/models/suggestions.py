"""Other times that a practice suggested for a request."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from bookings.models.booking import Booking
from findr import clock
from findr.postgresql.compiled_writes import CompiledWrites


class SuggestedTime(CompiledWrites):
    """One of up to three times of one round. Open until it is answered, replaced, withdrawn or over.

    Attributes:
        round: which round of suggestions, from 1.
        position: its place in the practice's order, from 0.
        buffer_minutes: what the practice keeps free after it, as it was when it was suggested.
        closed_at: null while the patient may accept it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="suggestions", db_index=False)
    round = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    start = models.DateTimeField()
    end = models.DateTimeField()
    buffer_minutes = models.PositiveIntegerField(db_default=0)
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["round", "position"]
        constraints = [
            models.UniqueConstraint(name="suggestion_place", fields=["booking", "round", "position"]),
            models.CheckConstraint(name="suggestion_forward", condition=Q(end__gt=F("start"))),
        ]

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.start:%Y-%m-%d %H:%M}"

    @property
    def buffered_end(self) -> datetime:
        """Until when the practice's time is kept."""
        return self.end + timedelta(minutes=self.buffer_minutes)
