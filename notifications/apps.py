"""Notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Hear who was signed out everywhere, whose last device died, and what a mail service reports, if one sends the mails."""
        from anymail.signals import tracking

        from findr.accounts.signals import signed_out_everywhere
        from notifications.mail.tracking import record_report
        from notifications.push.devices import drop_devices_of_account
        from notifications.services.lost_devices import record_loss
        from notifications.signals import last_device_died

        tracking.connect(record_report)
        signed_out_everywhere.connect(drop_devices_of_account)
        last_device_died.connect(record_loss)
