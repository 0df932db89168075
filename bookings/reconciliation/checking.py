"""All checks, one table after the other, page by page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from bookings.models import Booking, Payment, TimeHold
from bookings.reconciliation import calendars, feeds, money, stories, tellings, times
from bookings.reconciliation.booking_page import BookingPage, read_page
from bookings.reconciliation.finding import Finding, OnProgress
from bookings.reconciliation.pages import Check, confirmed, keys_of
from bookings.reconciliation.vendor import check_vendor
from notifications.models import FeedCounter

_OF_A_BOOKING: tuple[Callable[[BookingPage], Iterator[Finding]], ...] = (
    money.check_money,
    money.check_operations,
    stories.check_histories,
    tellings.check_feeds,
    times.check_occupying,
    times.check_suggestions,
    calendars.check_events,
)


def check_books(
    *, with_vendor: bool = True, page_size: int | None = None, progress: OnProgress | None = None
) -> list[Finding]:
    """Every broken invariant; empty when the books balance.

    Args:
        with_vendor: also hold the payments against what Stripe knows, and the visits against the calendars.
        page_size: how many rows are held against each other at once; the setting's number if None.
        progress: is told after every page.

    Raises:
        VendorError: the vendor does not answer.
    """
    size = page_size or settings.BOOKS_PAGE_SIZE
    findings = check_database(size=size, progress=progress)
    if with_vendor:
        findings += dict.fromkeys(check_vendor(size=size, progress=progress))  # Pages overlap a little.
        findings += calendars.check_calendars()
    return findings


@dataclass(frozen=True)
class Walk:
    """One table: its rows by the page, and what is checked of a page."""

    name: str
    rows: Any
    pages: Callable[[int], Iterator[list[Any]]]
    check: Check


def _walks() -> tuple[Walk, ...]:
    bookings, holds, counters = Booking.objects, TimeHold.objects, FeedCounter.objects
    return (
        Walk("bookings", bookings, lambda size: keys_of(bookings.all(), size), _check_bookings),
        Walk("time holds", holds, lambda size: keys_of(holds.all(), size), _check_holds),
        Walk("feeds", counters, feeds.recipients, feeds.check_numbers),
    )


def check_database(*, size: int, progress: OnProgress | None = None) -> list[Finding]:
    """Everything but what the vendor knows."""
    findings = []
    for walk in _walks():
        done, total = 0, walk.rows.count() if progress else 0
        for keys in walk.pages(size):
            findings += confirmed(walk.check, keys)
            done += len(keys)
            if progress:
                progress(walk.name, done, max(done, total))
    return findings


def _check_bookings(keys: Sequence[Any]) -> Iterator[Finding]:
    page = read_page(keys)
    for check in _OF_A_BOOKING:
        yield from check(page)


def _check_holds(keys: Sequence[Any]) -> Iterator[Finding]:
    yield from times.check_overlaps(keys)
    yield from times.check_holds(keys)


def summary() -> dict[str, int]:
    """How much was looked at."""
    return {"bookings": Booking.objects.count(), "payments": Payment.objects.count(), "holds": TimeHold.objects.count()}
