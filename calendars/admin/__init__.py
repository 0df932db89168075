"""The staff's view of calendars: what is connected and how it fares, and the events that stand for visits."""

from calendars.admin.connections import CalendarConnectionAdmin
from calendars.admin.events import CalendarEventAdmin

__all__ = ["CalendarConnectionAdmin", "CalendarEventAdmin"]
