"""manage.py run_worker: the process that runs the jobs."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from findr.outbox.worker import work
from findr.postgresql import pooling


class Command(BaseCommand):
    """Run jobs until asked to stop."""

    help = "Run jobs until asked to stop; a database that is away for a while is waited for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many jobs run at once."""
        parser.add_argument("--concurrency", type=int, default=8, help="how many jobs run at once (8)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Work."""
        pooling.refuse_at_start()
        asyncio.run(work(options["concurrency"]))
