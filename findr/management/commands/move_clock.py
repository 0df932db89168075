"""manage.py move_clock 25h: let time pass, for every process of a development stack and for its sandbox."""

import re
from datetime import timedelta
from typing import Any
from urllib.error import URLError

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from findr import clock
from findr.sandbox.client import SandboxClient

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Command(BaseCommand):
    help = "Move the clock of the development stack and its sandbox forward; `reset` brings the present back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("by", help="how far to move it on, such as 90m, 25h or 2d; or: reset")

    def handle(self, *args: Any, **options: Any) -> None:
        """Move findr's clock, then the sandbox's."""
        to = timedelta(0) if options["by"] == "reset" else clock.offset() + _span(options["by"])
        try:
            clock.move(to)
        except RuntimeError as error:
            raise CommandError(str(error)) from None
        if settings.SANDBOX_URL:
            try:
                SandboxClient(settings.SANDBOX_URL).move_clock(int(to.total_seconds()))
            except URLError:
                raise CommandError(
                    f"findr's clock was moved, but no sandbox answers at {settings.SANDBOX_URL}."
                ) from None
        self.stdout.write(f"It is now {clock.now():%Y-%m-%d %H:%M:%S} UTC.")


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match:
        raise CommandError("Say how far, such as 90m, 25h or 2d, or reset.")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])
