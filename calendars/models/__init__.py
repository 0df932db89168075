"""Connections to the practices' calendars, consents under way, events that stand for visits, and the mirror of busy times."""

from calendars.models.authorization import Authorization
from calendars.models.channel import Channel
from calendars.models.connection import CalendarConnection, Status, VendorName
from calendars.models.event import CalendarEvent, Outside, SyncState
from calendars.models.mirror import BusyTime, Mirror, MirroredCalendar

__all__ = [
    "Authorization",
    "BusyTime",
    "CalendarConnection",
    "CalendarEvent",
    "Channel",
    "Mirror",
    "MirroredCalendar",
    "Outside",
    "Status",
    "SyncState",
    "VendorName",
]
