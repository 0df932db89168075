"""Calendars."""

from django.apps import AppConfig
from django.core import checks


class CalendarsConfig(AppConfig):
    name = "calendars"
    verbose_name = "Calendars"
    console = "calendars.console.CONSOLE"

    def ready(self) -> None:
        """Have the stored tokens looked at wherever the database is checked."""
        from calendars.checks import check_tokens

        checks.register(check_tokens, checks.Tags.database)
