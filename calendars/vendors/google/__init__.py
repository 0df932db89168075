"""Google Calendar (API v3), and consent to it. https://developers.google.com/workspace/calendar/api"""

from calendars.vendors.google.vendor import GoogleCalendars

__all__ = ["GoogleCalendars"]
