"""The lists of patients and practices: one page, and how long the whole list is (contract 6.3, 10.2, 11.1).

The SQL of each kind of list is made once. Which bookings are on a page is asked of an index first, so that only their rows
are read, however long the list. How many there are of some kind is counted from an index; how many a practice has in all,
which may be very many, is known.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bookings import deadlines
from bookings.models import Booking, PracticeCount
from bookings.selectors import filters, visibility
from bookings.selectors.columns import with_columns
from bookings.selectors.queues import counted, due_requests
from bookings.states import Role
from findr import clock
from findr.accounts.models import User
from findr.api.paging import Page
from findr.postgresql.compiled_queries import compiled
from providers.models import Provider

# So many kinds of list are remembered: people look at the first pages of a few.
KINDS = 64


@dataclass(frozen=True)
class Kind:
    """All of a list's question but the values.

    Attributes:
        words: of `?status=`, blank if none was sent.
        is_upcoming: only what is still to come, besides.
        has_first, has_last: whether it is bounded by the moments of its visits.
    """

    audience: Role
    words: str
    page: Page
    is_upcoming: bool = False
    has_first: bool = False
    has_last: bool = False

    @property
    def is_whole(self) -> bool:
        """All that its owner may see."""
        return self.words in ("", "all") and not (self.is_upcoming or self.has_first or self.has_last)


def list_of_patient(patient_id: UUID, words: str, page: Page, *, is_upcoming: bool) -> tuple[list[Booking], int]:
    """One page of what a patient has asked for, with its practices and its money; and how long the list is.

    Raises:
        Invalid: an unknown word.
    """
    bookings, (total,) = _read(Kind(Role.PATIENT, words, page, is_upcoming), patient_id)
    return bookings, total


def list_of_provider(
    provider_id: UUID, words: str, page: Page, *, first: datetime | None, last: datetime | None
) -> tuple[list[Booking], int, int]:
    """The same of what a practice was asked for: with the patients, and without the practice, which is known.

    The third is how many requests of theirs are urgent, whatever the list.

    Args:
        first, last: only visits that begin between these.

    Raises:
        Invalid: an unknown word.
    """
    kind = Kind(Role.PROVIDER, words, page, has_first=first is not None, has_last=last is not None)
    bookings, (total, urgent) = _read(kind, provider_id, first, last)
    return bookings, total, urgent


# Of the list, and of what else is counted beside it.
Numbers = tuple[int, ...]


def _read(
    kind: Kind, owner: UUID, first: datetime | None = None, last: datetime | None = None
) -> tuple[list[Booking], Numbers]:
    rows, numbers = _queries(kind)
    now = clock.now()
    values = (owner, now, now - filters.LONGEST_VISIT, deadlines.urgent_before(now), first, last)
    (counts,) = numbers(*values)
    return rows(*values), counts


@lru_cache(KINDS)
def _queries(kind: Kind) -> tuple[Callable[..., list[Booking]], Callable[..., list[Numbers]]]:
    """The two reads of this kind of list."""

    def rows(*values: Any) -> QuerySet[Booking]:
        begin, end = kind.page.offset, kind.page.offset + kind.page.limit
        chosen = filters.in_order(_found(kind, *values), kind.words)[begin:end].values("id")
        page = Booking.objects.filter(id__in=chosen)
        return filters.in_order(with_columns(page, _OTHER_SIDE[kind.audience]), kind.words)

    def numbers(*values: Any) -> QuerySet[Any, Numbers]:
        owner, now, _, soon, *_ = values
        found = Subquery(counted(_found(kind, *values)))
        if kind.audience == Role.PATIENT:
            return User.objects.filter(id=owner).values_list(found)
        known = Subquery(PracticeCount.objects.filter(provider=owner).values("bookings"))
        total = Coalesce(known, 0) if kind.is_whole else found
        return Provider.objects.filter(id=owner).values_list(total, Subquery(counted(due_requests(owner, now, soon))))

    return compiled(rows), compiled(numbers)


_OTHER_SIDE = {Role.PATIENT: "provider", Role.PROVIDER: "patient"}


def _found(kind: Kind, owner: Any, now: Any, recently: Any, soon: Any, first: Any, last: Any) -> QuerySet[Booking]:
    of_owner = {Role.PATIENT: visibility.bookings_of_patient, Role.PROVIDER: visibility.bookings_of_provider}
    condition = Q()
    if kind.words:
        condition &= filters.with_status(kind.words, kind.audience, now=now, recently=recently)
    if kind.is_upcoming:
        condition &= filters.with_status("upcoming", kind.audience, now=now, recently=recently)
    if kind.has_first:
        condition &= Q(start__gte=first)
    if kind.has_last:
        condition &= Q(start__lte=last)
    return of_owner[kind.audience](owner).filter(condition)
