"""The jobs of the calendars: where Procrastinate looks for them. Each takes ids, calls a service, and may run twice."""

from uuid import UUID

from calendars import connection_tasks
from calendars.services import channels, mirroring, outside, writing
from findr.outbox import sweeps
from findr.outbox.jobs import periodic, task

__all__ = [
    "connection_tasks",
    "keep_channels",
    "look_at_event",
    "read_mirror",
    "sweep_events",
    "sweep_mirrors",
    "sync_event",
]

# How many vendors' answers one sweep waits for at once.
SWEEPERS = 4
# How often one event is looked at while the vendor does not answer: the books look at all of them anyhow, each night.
LOOKS = 10


@task("calendars.sync_event", queue="calendar")
def sync_event(event_id: str) -> None:
    """Write, move or delete one event.

    Twice is harmless: only one run gets the lease, and the vendor knows the event by our key.
    """
    writing.sync_event(UUID(event_id))


@periodic("calendars.sweep_events", cron="* * * * * */10", queue="calendar")
def sweep_events() -> None:
    """Write the events that nobody has written: crashed, refused, or waiting for their turn. Twice is harmless: see `sync_event`."""
    if found := writing.open_events():
        sweeps.each_at_once(found, writing.sync_event, failure="Event %s could not be synchronised.", threads=SWEEPERS)


@task("calendars.read_mirror", queue="calendar")
def read_mirror(connection_id: str) -> None:
    """Read what has changed in one connection's calendars.

    Twice is harmless: one at a time has the lease, and the second finds that nothing has changed.
    """
    mirroring.read_mirror(UUID(connection_id))


@periodic("calendars.sweep_mirrors", cron="* * * * * */10", queue="calendar")
def sweep_mirrors() -> None:
    """Read the calendars whose time has come (`CALENDAR_POLL_SECONDS`). Twice is harmless: see `read_mirror`."""
    if found := mirroring.due_mirrors():
        sweeps.each_at_once(found, mirroring.read_mirror, failure="Mirror of %s could not be read.", threads=SWEEPERS)


@periodic("calendars.keep_channels", cron="* * * * * */20", queue="calendar")
def keep_channels() -> None:
    """Open channels to calendars that have none which lasts, and stop those that are not wanted any more.

    Twice is harmless: one at a time opens or stops each, under its row's lease.
    """
    sweeps.each(channels.unwatched_calendars(), channels.open_channel, failure="Calendar %s could not be watched.")
    sweeps.each(channels.channels_to_stop(), channels.stop_channel, failure="Channel %s could not be stopped.")


@task("calendars.look_at_event", queue="calendar", attempts=LOOKS)
def look_at_event(event_id: str) -> None:
    """See what has become of an event that somebody changed in the calendar. Twice is harmless: what is known is not told."""
    outside.look_at_event(UUID(event_id))
