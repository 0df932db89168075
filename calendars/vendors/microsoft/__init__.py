"""Outlook's calendars (Graph v1.0), and consent to them. https://learn.microsoft.com/graph/outlook-calendar-concept-overview"""

from calendars.vendors.microsoft.vendor import MicrosoftCalendars

__all__ = ["MicrosoftCalendars"]
