"""manage.py load_demo: the people and practices of the demonstration. Loading twice changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from providers import demo


class Command(BaseCommand):
    help = "Load the demonstration's patients, practices and staff, if they are not there."

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse outside development: everybody knows the password."""
        if not demo.allowed():
            raise CommandError("The demonstration's data is only for development: DEBUG is off.")
        with transaction.atomic():
            demo.load()
        self.stdout.write(f"The demonstration's data is loaded; everybody's password is {demo.PASSWORD}.")
