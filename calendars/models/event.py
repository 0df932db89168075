"""The event that stands for a visit in a calendar: what it should be, and how far the vendor has it."""

from uuid import UUID

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from calendars.models.connection import CalendarConnection
from findr import clock
from findr.outbox.leases import Retried

KEY_PREFIX = "findr"


class SyncState(models.TextChoices):
    """`lost`: nobody can reach the calendar any more; its owner must delete the event by hand."""

    PENDING = "pending", "Not written yet"
    SYNCED = "synced", "Written"
    FAILED = "failed", "Failing, tried again"
    LOST = "lost", "Cannot be reached any more"


class Outside(models.TextChoices):
    """What somebody did to an event in the calendar itself. The visit is not changed by it."""

    DELETED = "deleted", "Deleted by hand"
    MOVED = "moved", "Moved by hand"


class CalendarEvent(Retried):
    """One visit in the calendar it was first written to, whatever is connected since (lesson 53).

    What is wanted (`wanted`, `start`, `end`, `title`) is written in the transaction of the booking's change and counts up
    `version`; a job makes the vendor's event so, and notes which version it wrote.

    Attributes:
        id: names the event at the vendor too (`vendor_key`), so that a second write finds the first.
        booking_id: opaque: this app knows no bookings.
        lane: whose time the visit takes, the team member's id, else the practice's; null if it was written before that was
            kept.
        wanted: the event should exist; False: it should be gone.
        vendor_id: the vendor's id of it, once it exists there; `written_version` is what stands there.
        outside: what was done to it there since; blank if it is as it was written, as far as anybody knows.
        is_outside_told: the practice has been mailed that.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    booking_id = models.UUIDField()
    lane = models.UUIDField(null=True, editable=False)
    connection = models.ForeignKey(CalendarConnection, on_delete=models.PROTECT, related_name="events")
    calendar = models.CharField(max_length=500)
    wanted = models.BooleanField(default=True)
    start = models.DateTimeField()
    end = models.DateTimeField()
    timezone = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    description = models.CharField(max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)
    written_version = models.PositiveIntegerField(default=0)
    vendor_id = models.CharField(max_length=1024, blank=True)
    state = models.CharField(max_length=10, choices=SyncState, default=SyncState.PENDING)
    outside = models.CharField(max_length=10, choices=Outside, blank=True, default="", db_default="")
    is_outside_told = models.BooleanField(default=False, db_default=False)
    last_error = models.CharField(max_length=40, blank=True)
    written_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(name="calendar_event_one_of_a_visit", fields=["booking_id"]),
            models.CheckConstraint(name="calendar_event_state_known", condition=Q(state__in=SyncState.values)),
            models.CheckConstraint(name="calendar_event_forward", condition=Q(end__gt=F("start"))),
            models.CheckConstraint(
                name="calendar_event_written_no_further", condition=Q(written_version__lte=F("version"))
            ),
        ]
        indexes = [
            models.Index(
                name="calendar_event_open", fields=["claimed_until"], condition=Q(state__in=("pending", "failed"))
            ),
            models.Index(name="calendar_event_of_connection", fields=["connection", "end"]),
            models.Index(name="calendar_event_wrong", fields=["end"], condition=Q(state__in=("failed", "lost"))),
            models.Index(name="calendar_event_outside", fields=["end"], condition=~Q(outside="")),
            models.Index(name="calendar_event_latest", fields=["-created_at", "id"]),
            models.Index(name="calendar_event_vendor_id", fields=["vendor_id"], condition=~Q(vendor_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.start:%Y-%m-%d %H:%M}"

    @property
    def vendor_key(self) -> str:
        """The id that we choose for it: base32hex letters only, as Google asks of event ids."""
        return f"{KEY_PREFIX}{self.id.hex}"

    @classmethod
    def has_key(cls, key: str) -> bool:
        """Whether a row has this key, in whichever calendar and state."""
        try:
            return cls.objects.filter(pk=UUID(key.removeprefix(KEY_PREFIX))).exists()
        except ValueError:
            return False
