"""manage.py rotate_keys: every token sealed with the newest of CALENDAR_TOKEN_KEYS, so that the others can go."""

from typing import Any

from django.core.management.base import BaseCommand

from calendars.services import rotation


class Command(BaseCommand):
    help = (
        "Seal the calendars' tokens anew with the first key of CALENDAR_TOKEN_KEYS. Tokens that no key opens must be"
        " connected again: their practices are told. Afterwards, and ten minutes after the new key came into use"
        " everywhere, the older keys can be taken out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, and say how many."""
        done = rotation.rotate_keys()
        self.stdout.write(f"{done.resealed} connections sealed anew, {done.unreadable} cannot be read.")
