"""manage.py check_worker: the worker's own probe, for whoever starts and watches it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from findr.outbox.heartbeats import a_worker_lives


class Command(BaseCommand):
    """Say whether a worker lives: exit code 0 or 1."""

    help = "Say whether a worker has given a sign of life in the last minute; exit code 1 if none has."

    def handle(self, *args: Any, **options: Any) -> None:
        """Look."""
        try:
            is_alive = a_worker_lives()
        except DatabaseError as error:
            raise CommandError(f"The database does not say: {error}") from None
        if not is_alive:
            raise CommandError("No worker has given a sign of life in the last minute.")
        self.stdout.write("A worker lives.")
