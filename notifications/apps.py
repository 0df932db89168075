"""Notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Hear what a mail service reports, if one sends the mails."""
        from anymail.signals import tracking

        from notifications.mail.tracking import record_report

        tracking.connect(record_report)
