"""What the release step, and `manage.py check --database default`, say of stored tokens (lesson 54)."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connection

from calendars.models import CalendarConnection
from calendars.services.rotation import count_unreadable


def check_tokens(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """A warning that says how many connections' tokens no key of CALENDAR_TOKEN_KEYS opens."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or not _has_table():
        return []
    if not (unreadable := count_unreadable()):
        return []
    return [
        checks.Warning(
            f"The tokens of {unreadable} connected calendars cannot be decrypted.",
            hint="Put the key that sealed them back into CALENDAR_TOKEN_KEYS, or have them connected again"
            " (manage.py rotate_keys tells their practices).",
            id="calendars.W001",
        )
    ]


def _has_table() -> bool:
    """The first release makes it, and checks before it does."""
    return CalendarConnection._meta.db_table in connection.introspection.table_names()
