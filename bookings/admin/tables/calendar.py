"""The event that stands for the visit in a calendar."""

from django.utils.safestring import SafeString
from django.utils.text import capfirst

from bookings.admin.formatting import NOTHING, lines, link
from bookings.admin.tables import Table
from bookings.models import Booking
from calendars.admin.labels import event_label
from calendars.models import CalendarEvent, SyncState
from calendars.selectors import event_of
from calendars.words import why
from providers.admin_times import local_with_seconds


def calendar_table(booking: Booking) -> Table | None:
    """Which calendar it is in, and how it stands there; None if it never was to be in one."""
    event = event_of_page(booking)
    if event is None:
        return None
    zone = booking.provider.zone
    return {
        "headers": ["Calendar", "State", f"Last written ({zone.key})", "Attempts", "Why it is not as it should be"],
        "rows": [
            [
                link(event, str(event.connection)),
                event_label(event),
                local_with_seconds(event.written_at, zone),
                str(event.attempts),
                _why_not(event),
            ]
        ],
    }


def event_of_page(booking: Booking) -> CalendarEvent | None:
    """The event that stands for the booking, read once for a page, whoever asks."""
    page = vars(booking)
    if "event_of_page" not in page:
        page["event_of_page"] = event_of(booking.id)
    event: CalendarEvent | None = page["event_of_page"]
    return event


def _why_not(event: CalendarEvent) -> SafeString | str:
    match SyncState(event.state):
        case SyncState.SYNCED:
            return NOTHING
        case SyncState.PENDING:
            return "It is written within seconds, unless the vendor keeps findr waiting."
        case SyncState.FAILED:
            return lines(f"{capfirst(why(event.last_error))}.", "It is tried again by itself.", may_break=True)
        case SyncState.LOST:
            return lines(f"{capfirst(why(event.last_error))}.", "Nobody can change it any more.", may_break=True)
