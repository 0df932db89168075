"""What happened to a booking, in order. Written in the transaction of the change, never changed after."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from uuid_utils.compat import uuid7

from bookings.models.booking import Booking
from bookings.states import Role, State
from findr import clock
from findr.postgresql.compiled_writes import CompiledWrites

# In an event's `data`: why staff decided, for staff alone. What the patient and the practice read is the decision's own.
STAFF_REASON = "staffReason"


class BookingEvent(CompiledWrites):
    """One line of a booking's history (contract 12.2).

    Attributes:
        id: the order of writing, which is the order of the story.
        old_state, new_state: equal when the state did not change; `old_state` is blank on `created`.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="events", db_index=False)
    event_type = models.CharField(max_length=40)
    old_state = models.CharField(max_length=20, choices=[(word, word) for word in State], blank=True)
    new_state = models.CharField(max_length=20, choices=[(word, word) for word in State])
    data = models.JSONField(default=dict)
    actor_role = models.CharField(max_length=10, choices=[(word, word) for word in Role])
    actor_user_id = models.UUIDField(null=True)
    source = models.CharField(max_length=10)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(name="event_of_booking", fields=["booking", "id"]),
            # Written in the order of time: a range of blocks for each hour or day is enough to find those of late.
            BrinIndex(name="event_by_age", fields=["created_at"], autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} ({self.new_state})"

    @property
    def is_move(self) -> bool:
        """Whether the booking moved; suggesting again is a move from a state to itself."""
        if not self.old_state:
            return False
        return self.old_state != self.new_state or self.event_type == "reschedule_proposed"
