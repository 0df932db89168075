"""Connections to the practices' calendars, consents under way, and the events that stand for visits."""

from calendars.models.authorization import Authorization
from calendars.models.connection import CalendarConnection, Status, VendorName
from calendars.models.event import CalendarEvent, SyncState

__all__ = ["Authorization", "CalendarConnection", "CalendarEvent", "Status", "SyncState", "VendorName"]
