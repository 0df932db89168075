"""findr's routes with the webhook of a mail service among them, as with `EMAIL_BACKEND` and its secret set."""

from django.conf import settings
from django.urls import include, path

from findr import urls
from notifications.mail.webhooks import webhooks

handler400, handler404, handler500 = urls.handler400, urls.handler404, urls.handler500
urlpatterns = [*urls.urlpatterns, path("anymail/", include(webhooks()))]
assert settings.EMAIL_BACKEND.startswith("anymail.")
