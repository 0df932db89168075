"""manage.py check_books: do bookings, payments, time holds and Stripe agree? And, if asked to, make them agree."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from bookings import reconciliation
from findr.vendors.errors import VendorError

CLEAN, BROKEN, UNCHECKED = 0, 1, 2


class Command(BaseCommand):
    help = (
        "List every broken invariant of the books. Exit code 0: they balance, 1: they do not, 2: could not be checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="all of time, not only what may have changed of late, as every night"
        )
        parser.add_argument("--no-vendor", action="store_true", help="leave Stripe out")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--repair", action="store_true", help="say what would be done about each finding")
        parser.add_argument("--yes", action="store_true", help="with --repair: do it, and check again")
        parser.add_argument("--page-size", type=int, help="how many rows are held against each other at once")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings on stdout, the progress on stderr."""
        if options["yes"] and not options["repair"]:
            raise CommandError("--yes goes with --repair.", returncode=UNCHECKED)
        if options["page_size"] is not None and options["page_size"] < 1:
            raise CommandError("--page-size must be at least 1.", returncode=UNCHECKED)
        try:
            self._check(options)
        except (VendorError, DatabaseError) as error:
            why = f"The books could not be checked: {error}"
            if options["json"]:
                self._print_json([], {}, error=why)
            raise CommandError(why, returncode=UNCHECKED) from None

    def _check(self, options: dict[str, Any]) -> None:
        findings, repaired = self._find(options), []
        if options["yes"] and findings:
            repaired = list(reconciliation.repair(findings))
            findings = self._find(options)
        counts = reconciliation.summary(self._since(options))
        if options["json"]:
            self._print_json(findings, counts, repaired)
        else:
            self._print_text(findings, repaired, with_repair=options["repair"])
        looked_at = ", ".join(f"{number} {name}" for name, number in counts.items())
        if findings:
            raise CommandError(f"{len(findings)} broken invariants in {looked_at}.", returncode=BROKEN)
        if not options["json"]:
            self.stdout.write(f"The books balance: {looked_at}.")

    def _find(self, options: dict[str, Any]) -> list[reconciliation.Finding]:
        size = options["page_size"] or settings.BOOKS_PAGE_SIZE

        def tell(what: str, done: int, total: int) -> None:
            if total > size:  # One page is no progress.
                self.stderr.write(f"{what}: {done} of {total}", self.style.NOTICE)

        return reconciliation.check_books(
            with_vendor=not options["no_vendor"], page_size=size, progress=tell, since=self._since(options)
        )

    def _since(self, options: dict[str, Any]) -> datetime | None:
        return None if options["all"] else reconciliation.reach_begins()

    def _print_text(
        self,
        findings: Sequence[reconciliation.Finding],
        repaired: Sequence[reconciliation.Repaired],
        *,
        with_repair: bool,
    ) -> None:
        for one in repaired:
            self.stdout.write(f"{one.finding}\n    {'done' if one.is_done else 'not done'}: {one.said}")
        for finding in findings:
            self.stdout.write(str(finding))
            if with_repair:
                would = reconciliation.what_would_be_done(finding)
                self.stdout.write(
                    f"    would {would}" if would else f"    needs a person: {reconciliation.why_a_person(finding)}"
                )

    def _print_json(
        self,
        findings: Sequence[reconciliation.Finding],
        counts: dict[str, int],
        repaired: Sequence[reconciliation.Repaired] = (),
        **more: str,
    ) -> None:
        document = {
            "ok": not findings and not more,
            "counts": counts,
            "findings": [_as_json(finding) for finding in findings],
            **more,
        }
        if repaired:
            document["repaired"] = [
                {**_as_json(one.finding), "done": one.is_done, "said": one.said} for one in repaired
            ]
        self.stdout.write(json.dumps(document, indent=2))


def _as_json(finding: reconciliation.Finding) -> dict[str, Any]:
    return {
        "invariant": finding.invariant,
        "subject": finding.subject,
        "detail": finding.detail,
        "repair": reconciliation.what_would_be_done(finding),
    }
