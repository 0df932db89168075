"""Routes of contract 17, and of 19.1 the one about calendars."""

from django.urls import path

from calendars.api.callbacks import Callback
from calendars.api.connections import CalendarConsent, Calendars, CalendarStatus, Disconnect
from calendars.api.diagnostics import CalendarAvailability
from calendars.api.notifications import GoogleNotifications, MicrosoftNotifications
from calendars.models import VendorName

urlpatterns = [
    path("calendar/status/<str:provider_id>", CalendarStatus.as_view()),
    *(
        route
        for vendor in VendorName
        for route in (
            path(f"calendar/{vendor.value}/auth/<str:provider_id>", CalendarConsent.as_view(vendor=vendor)),
            path(f"calendar/{vendor.value}/callback", Callback.as_view(vendor=vendor)),
        )
    ),
    path("calendar/google/notifications", GoogleNotifications.as_view()),
    path("calendar/microsoft/notifications", MicrosoftNotifications.as_view()),
    path("calendar/calendars/<str:provider_id>", Calendars.as_view()),
    path("calendar/disconnect/<str:provider_id>", Disconnect.as_view()),
    path("test-calendar-availability", CalendarAvailability.as_view()),
]
