"""The nightly check: what it finds is kept for staff, from the night it was first seen to the night it was gone."""

import logging
from collections.abc import Sequence

from django.conf import settings

from bookings.models import BookFinding
from bookings.reconciliation import calendars, reach
from bookings.reconciliation.checking import check_database
from bookings.reconciliation.finding import Finding
from bookings.reconciliation.vendor import INVARIANTS, check_vendor, intent_of
from findr import clock
from findr.outbox.jobs import promise_run
from findr.transactions import durable
from findr.vendors.errors import VendorError

logger = logging.getLogger(__name__)


def check_by_night() -> list[Finding]:
    """Check what is in `reach` of the books, keep what is found and mark what is gone; each new finding is an error in the
    log, once.

    If the vendor does not answer, what was known about it stays as it was.
    """
    size, since = settings.BOOKS_PAGE_SIZE, reach.begins()
    findings, judged_all = check_database(size=size, since=since), True
    try:
        findings += list(check_vendor(size=size, since=since))  # All of it, or nothing.
    except VendorError as error:
        logger.error("The books could not be held against the vendor: %s", error)  # noqa: TRY400 - it is told in full
        judged_all = False
    findings += calendars.check_calendars()
    for new in _keep(findings, judged_all=judged_all):
        logger.error("The books do not balance: %s", new)
    return findings


@durable("a check of the books is ordered")
def check_soon() -> bool:
    """Staff want the books checked now, by the job; False if such a job waits already."""
    return promise_run("bookings.check_books")


@durable("the findings are kept")
def _keep(findings: Sequence[Finding], *, judged_all: bool) -> list[BookFinding]:
    """The rows that are new. Four statements, whatever was found."""
    now = clock.now()
    judged = BookFinding.objects.filter(resolved_at=None)
    if not judged_all:
        judged = judged.exclude(invariant__in=INVARIANTS)
    known = {(row.invariant, row.subject, row.detail): row.id for row in judged.select_for_update()}
    found = {(it.invariant, it.subject, it.detail[: BookFinding.LONGEST]): it for it in findings}
    seen, gone = ([row for name, row in known.items() if (name in found) is is_found] for is_found in (True, False))
    BookFinding.objects.filter(id__in=seen).update(last_seen_at=now)
    BookFinding.objects.filter(id__in=gone).update(resolved_at=now)
    return BookFinding.objects.bulk_create(
        BookFinding(
            invariant=invariant,
            subject=subject,
            detail=detail,
            booking_id=finding.booking_id,
            intent_id=intent_of(finding),
            first_seen_at=now,
            last_seen_at=now,
        )
        for (invariant, subject, detail), finding in found.items()
        if (invariant, subject, detail) not in known
    )
