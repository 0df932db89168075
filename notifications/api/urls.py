"""Routes of contract 14 and 18, and of 19.1 the one about pushes. No reserved word is an id (`findr.api.paths`)."""

from django.urls import path

from findr.api import paths  # noqa: F401  registers <notification:...>
from notifications.api.centre import Entry, PatientCentre, PracticeCentre
from notifications.api.devices import Devices, OneDevice, PushToken
from notifications.api.diagnostics import TestNotification
from notifications.api.feed import Feed

urlpatterns = [
    path("users/fcm-token", PushToken.as_view()),
    path("users/devices", Devices.as_view()),
    path("users/devices/<path:address>", OneDevice.as_view()),
    path("test-notification", TestNotification.as_view()),
    path("notifications", Feed.as_view()),
    path("notifications/user/<str:user_id>", PatientCentre.as_view({"get": "list"})),
    path("notifications/provider/<str:provider_id>", PracticeCentre.as_view({"get": "list"})),
    path("notifications/unread-count/user/<str:user_id>", PatientCentre.as_view({"get": "unread_count"})),
    path("notifications/unread-count/provider/<str:provider_id>", PracticeCentre.as_view({"get": "unread_count"})),
    path("notifications/read-all/user/<str:user_id>", PatientCentre.as_view({"patch": "read_all"})),
    path("notifications/read-all/provider/<str:provider_id>", PracticeCentre.as_view({"patch": "read_all"})),
    path("notifications/<notification:notification_id>/read", Entry.as_view({"patch": "read"})),
    path("notifications/<notification:notification_id>", Entry.as_view({"delete": "remove"})),
]
