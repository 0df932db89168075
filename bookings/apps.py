"""Bookings."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = "Bookings"
    console = "bookings.console.CONSOLE"

    def ready(self) -> None:
        from bookings.services.calendar_lines import record_event_changed_outside, record_event_synced
        from calendars.signals import event_changed_outside, event_synced

        event_synced.connect(record_event_synced)
        event_changed_outside.connect(record_event_changed_outside)
