"""manage.py migrate: Django's, under limits of its own."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError

from findr.postgresql import session

LOCK_NOT_AVAILABLE = "55P03"


class Command(migrate.Command):
    """Statements may take as long as they need; a lock is not waited for long (MIGRATION_LOCK_SECONDS)."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate."""
        try:
            with session.migrating():
                super().handle(*args, **options)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            raise CommandError(
                "A migration waited too long for a lock that somebody else holds (MIGRATION_LOCK_SECONDS), and gave it"
                " up so that nobody has to wait behind it. What it had begun is undone: run it again."
            ) from error
