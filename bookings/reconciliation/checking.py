"""All checks, one table after the other, page by page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from bookings.models import Booking, Payment, TimeHold
from bookings.reconciliation import calendars, counts, feeds, money, reach, stories, tellings, times
from bookings.reconciliation.booking_page import BookingPage, read_page
from bookings.reconciliation.finding import Finding, OnProgress
from bookings.reconciliation.pages import Check, confirmed, keys_of, parts_of
from bookings.reconciliation.vendor import check_vendor
from providers.models import Provider

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
    *,
    with_vendor: bool = True,
    page_size: int | None = None,
    progress: OnProgress | None = None,
    since: datetime | None = None,
) -> list[Finding]:
    """Every broken invariant; empty when the books balance.

    Args:
        since: of bookings and payments only what is in reach since then (`reach`); None: all there are.
        with_vendor: also hold the payments against what Stripe knows, and the visits against the calendars.
        page_size: how many rows are held against each other at once; the setting's number if None.
        progress: is told after every page.

    Raises:
        VendorError: the vendor does not answer.
    """
    size = page_size or settings.BOOKS_PAGE_SIZE
    findings = check_database(size=size, progress=progress, since=since)
    if with_vendor:  # Its pages overlap a little.
        findings += dict.fromkeys(check_vendor(size=size, progress=progress, since=since))
        findings += calendars.check_calendars()
    return findings


# A statement has 65,535 parameters at most.
_COUNTED_AT_ONCE = 10_000


@dataclass(frozen=True)
class Walk:
    """One table: its rows by the page, and what is checked of a page."""

    name: str
    number: Callable[[], int]
    pages: Callable[[int], Iterator[list[Any]]]
    check: Check


def _walks(since: datetime | None) -> Iterator[Walk]:
    bookings, holds, told = Booking.objects.all(), TimeHold.objects.all(), feeds.told()
    practices = Provider.objects.all()
    if since is None:
        yield Walk("bookings", bookings.count, lambda size: keys_of(bookings, size), _check_bookings)
    else:
        ids = reach.bookings_since(since)
        yield Walk("bookings", lambda: len(ids), lambda size: parts_of(ids, size), _check_bookings)
    yield Walk("time holds", holds.count, lambda size: keys_of(holds, size), _check_holds)
    yield Walk(
        "practices", practices.count, lambda size: keys_of(practices, min(size, counts.AT_ONCE)), counts.check_counts
    )
    yield Walk("feeds", told.count, lambda size: keys_of(told, size, "recipient"), feeds.check_numbers)


def check_database(*, size: int, progress: OnProgress | None = None, since: datetime | None = None) -> list[Finding]:
    """Everything but what the vendor knows."""
    findings = []
    for walk in _walks(since):
        done, total = 0, walk.number() if progress else 0
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


def summary(since: datetime | None = None) -> dict[str, int]:
    """How much a check looks at."""
    bookings, payments = Booking.objects.all(), Payment.objects.all()
    if since is None:
        numbers = bookings.count(), payments.count()
    else:
        ids = reach.bookings_since(since)
        numbers = len(ids), sum(payments.filter(booking__in=part).count() for part in parts_of(ids, _COUNTED_AT_ONCE))
    return {"bookings": numbers[0], "payments": numbers[1], "holds": TimeHold.objects.count()}
