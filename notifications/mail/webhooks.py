"""Where the configured mail service reports to: its tracking webhook of django-anymail's, and no other address of it."""

from typing import Any

from anymail import urls
from django.conf import settings


def webhooks() -> list[Any]:
    """The routes of the mail service that `EMAIL_BACKEND` names; none without one, or without a secret to know it by."""
    parts = settings.EMAIL_BACKEND.split(".")
    if parts[:2] != ["anymail", "backends"] or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return []
    names = {f"{parts[2]}_tracking_webhook", f"{parts[2]}_webhook"}
    return [route for route in urls.urlpatterns if route.name in names]
