"""`manage.py draw_live_feed > docs/live-feed.asyncapi.json`: the live feed as an AsyncAPI document; a test holds it."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from bookings.management.live_document import document


class Command(BaseCommand):
    help = "Print the AsyncAPI document of the live feed (https://www.asyncapi.com)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(document(), indent=2))
