"""Notifications."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from findr.accounts.signals import signed_out_everywhere
        from notifications.push.devices import drop_devices_of_account

        signed_out_everywhere.connect(drop_devices_of_account)
