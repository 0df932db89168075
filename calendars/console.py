"""What calendars bring to the staff console: what is connected, the events of visits, and which of both want somebody."""

from calendars import selectors
from calendars.admin.events import WRONG
from calendars.models import Status
from findr.console import Console, Figure, Grantable, Place, Section

CALENDARS = Section("Calendars", rank=25)

_CONNECTIONS, _VIEW = "admin:calendars_calendarconnection_changelist", "calendars.view_calendarconnection"
_EVENTS, _VIEW_EVENT = "admin:calendars_calendarevent_changelist", "calendars.view_calendarevent"

CONSOLE = Console(
    places=(
        Place(CALENDARS, "Connected calendars", "calendar_month", _CONNECTIONS, permission=_VIEW),
        Place(CALENDARS, "Calendar events", "event_available", _EVENTS, permission=_VIEW_EVENT),
    ),
    figures=(
        Figure(
            "Calendars to connect again",
            lambda: selectors.to_connect_again().count(),
            _VIEW,
            _CONNECTIONS,
            f"status__exact={Status.NEEDS_REAUTH}",
            rank=1,
        ),
        Figure(
            "Visits wrong in their calendar",
            lambda: selectors.wrong_events().count(),
            _VIEW_EVENT,
            _EVENTS,
            f"standing={WRONG}",
            rank=1,
        ),
    ),
    every_staff_member=frozenset({_VIEW, _VIEW_EVENT}),
    grantable=(
        Grantable("calendars.change_calendarconnection", "Disconnect calendars, and have events name the service"),
        Grantable("calendars.change_calendarevent", "Have calendar events written again"),
    ),
)
