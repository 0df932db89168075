"""manage.py migrate: Django's, under limits of its own."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError

from findr.postgresql import session

# What it comes to if somebody else's lock is in the way: lock_not_available, or deadlock_detected.
LOCKED_OUT = {"55P03", "40P01"}


class Command(migrate.Command):
    """Statements may take as long as they need; a lock is not waited for long (MIGRATION_LOCK_SECONDS)."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate."""
        try:
            with session.migrating():
                super().handle(*args, **options)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in LOCKED_OUT:
                raise
            raise CommandError(
                "A migration waited too long for a lock that somebody else holds (MIGRATION_LOCK_SECONDS), and gave it"
                " up so that nobody has to wait behind it. What it had begun is undone: run it again."
            ) from error
