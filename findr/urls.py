"""Every route. `/api` is the wire contract, `/admin/` the staff console, the operator's are answered before (findr/health.py)."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from calendars.selectors import is_connected
from findr.api import paths  # noqa: F401  registers <provider:...>
from notifications.mail.webhooks import webhooks
from providers.views import ProviderDetail, ProviderSignIn

handler400 = "findr.api.errors.bad_request"
handler404 = "findr.api.errors.unknown_route"
handler500 = "findr.api.errors.broken"

urlpatterns = [
    # What is asked most comes first: they are tried one after the other.
    path("api/", include("bookings.api.urls")),
    path("api/", include("findr.accounts.urls")),
    path("api/providers/login", ProviderSignIn.as_view()),
    path("api/providers/<provider:provider_id>", ProviderDetail.as_view(calendar_connected=is_connected)),
    path("api/", include("calendars.api.urls")),
    path("api/", include("notifications.api.urls")),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("anymail/", include(webhooks())),
]
