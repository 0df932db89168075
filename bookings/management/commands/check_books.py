"""manage.py check_books: do bookings, payments, time holds and Stripe agree?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bookings.services import books
from findr.errors import VendorError


class Command(BaseCommand):
    help = "List every broken invariant of the books, and exit with 1 if there is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-vendor", action="store_true", help="leave Stripe out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings."""
        try:
            findings = books.check_books(with_vendor=not options["no_vendor"])
        except VendorError as error:
            raise CommandError(f"The books could not be held against Stripe: {error}", returncode=2) from None
        for finding in findings:
            self.stdout.write(str(finding))
        counts = ", ".join(f"{number} {name}" for name, number in books.summary().items())
        if findings:
            raise CommandError(f"{len(findings)} broken invariants in {counts}.", returncode=1)
        self.stdout.write(f"The books balance: {counts}.")
