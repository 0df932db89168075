"""How a connection and an event stand, as coloured labels. The word tells, the colour helps."""

from django.utils.safestring import SafeString

from calendars.models import CalendarConnection, CalendarEvent, Outside, Status, SyncState
from findr.console_pages.formatting import label

_STATUS_COLOURS = {Status.ACTIVE: "success", Status.NEEDS_REAUTH: "danger"}
_EVENTS = {
    SyncState.PENDING: ("waiting", "warning"),
    SyncState.SYNCED: ("written", "success"),
    SyncState.FAILED: ("failing", "danger"),
    SyncState.LOST: ("out of reach", "danger"),
}


def connection_label(connection: CalendarConnection) -> SafeString:
    """Its status; one that works but fails at the moment says so."""
    if connection.status == Status.ACTIVE and connection.failures:
        return label("failing", "warning")
    status = Status(connection.status)
    return label(str(status.label).lower(), _STATUS_COLOURS.get(status, ""))


def event_label(event: CalendarEvent) -> SafeString:
    """How far the vendor has it; one that is not wanted any more is deleted, not written."""
    if event.state == SyncState.SYNCED and not event.wanted:
        return label("deleted")
    if event.outside:
        return label(str(Outside(event.outside).label).lower(), "danger")
    return label(*_EVENTS[SyncState(event.state)])
