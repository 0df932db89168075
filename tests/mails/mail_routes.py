"""findr's routes with the webhook of a mail service among them, as with `EMAIL_BACKEND` and its secret set."""

from django.conf import settings
from django.urls import include, path

from findr.api import paths  # noqa: F401  registers <provider:...>
from notifications.mail.webhooks import webhooks

handler400 = "findr.api.errors.bad_request"
urlpatterns = [path("api/", include("bookings.api.urls")), path("anymail/", include(webhooks()))]
assert settings.EMAIL_BACKEND.startswith("anymail.")
