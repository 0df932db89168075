"""Bookings."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = "Bookings"
    console = "bookings.console.CONSOLE"

    def ready(self) -> None:
        from bookings.mails.sending import answer_letter
        from bookings.services.calendar_lines import lock_for_line, record_event_changed_outside, record_event_synced
        from bookings.services.moved_on import what_moved_on
        from calendars.signals import event_about_to_change, event_changed_outside, event_synced
        from notifications.signals import asked_for_letter, asked_why_untrue

        event_about_to_change.connect(lock_for_line)
        event_synced.connect(record_event_synced)
        event_changed_outside.connect(record_event_changed_outside)
        asked_why_untrue.connect(what_moved_on)
        asked_for_letter.connect(answer_letter)
