"""manage.py expire_requests: end what nobody answered in time. The periodic job calls the same service."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bookings.services import expiry


class Command(BaseCommand):
    help = "Expire overdue requests, and follow up checkouts that ran out of time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was done; exit with 1 if a booking could not be expired."""
        swept = expiry.expire_overdue()
        self.stdout.write(f"Requests expired: {len(swept.expired)}. Checkouts followed up: {len(swept.checkouts)}.")
        if swept.failed:
            raise CommandError(f"Could not be expired: {', '.join(map(str, swept.failed))}")
