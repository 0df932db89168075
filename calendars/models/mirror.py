"""What stands in the connected calendars, as far as it keeps anybody from a visit: a copy that only availability reads."""

from django.db import models
from django.db.models import F, Q

from calendars.models.connection import CalendarConnection
from findr.outbox.leases import Retried


class Mirror(Retried):
    """The copy of what one connection reads for conflicts. The lease is for reading: one process at a time (lesson 51).

    Attributes:
        is_asked: somebody wants it read again, soon; taken back by whoever begins to read.
        backoff_step: above 0, only the clock has it read, whoever asks: it fails, or has to be read from the beginning
            again and again (lesson 50).
    """

    connection = models.OneToOneField(
        CalendarConnection, on_delete=models.CASCADE, primary_key=True, related_name="mirror"
    )
    is_asked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"Mirror of {self.connection_id}"


class MirroredCalendar(models.Model):
    """One calendar of a mirror.

    Attributes:
        calendar: the vendor's id of it.
        cursor: what the vendor wants to see to tell what has changed since; blank: it has to be read from the beginning.
        starts, ends: what the copy covers; beyond it nothing is kept.
        read_at: the moment from which on changes are not in it yet; null until it was read.
        restarts: how often in a row the vendor did not know the cursor any more.
        unwatched_tries: how often in a row no channel to it could be opened.
    """

    mirror = models.ForeignKey(Mirror, on_delete=models.CASCADE, related_name="calendars")
    calendar = models.CharField(max_length=500)
    cursor = models.TextField(blank=True)
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    restarts = models.PositiveSmallIntegerField(default=0)
    unwatched_tries = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(name="mirrored_calendar_once", fields=["mirror", "calendar"])]

    def __str__(self) -> str:
        return self.calendar


class BusyTime(models.Model):
    """An event, or one occurrence of a series, that makes the calendar's owner busy in [start, end).

    Attributes:
        event_id: the vendor's id of it; `series_id`: of the series that it belongs to, blank if it stands alone.
    """

    calendar = models.ForeignKey(MirroredCalendar, on_delete=models.CASCADE, related_name="busy_times")
    event_id = models.CharField(max_length=1024)
    series_id = models.CharField(max_length=1024, blank=True)
    start = models.DateTimeField()
    end = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="busy_time_once", fields=["calendar", "event_id"]),
            models.CheckConstraint(name="busy_time_forward", condition=Q(end__gt=F("start"))),
        ]
        indexes = [models.Index(name="busy_time_of_calendar", fields=["calendar", "end"])]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M}"
