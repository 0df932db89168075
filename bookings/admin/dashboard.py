"""The four numbers on the first page of the staff console."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings.admin.filters import overdue_requests, unfinished_operations
from bookings.models import Booking
from bookings.states import ANSWERABLE


@dataclass(frozen=True)
class Count:
    """A number worth looking at, and where its rows are."""

    title: str
    number: int
    url: str


def counts(request: HttpRequest) -> list[Count]:
    """What waits, what is late, what hangs, what failed; each for those who may see the rows."""
    found = []
    bookings = reverse("admin:bookings_booking_changelist")
    jobs = reverse("admin:procrastinate_procrastinatejob_changelist")
    if request.user.has_perm("bookings.view_booking"):
        waiting = Booking.objects.filter(state__in=ANSWERABLE)
        found += [
            Count("Waiting for an answer", waiting.count(), bookings),
            Count("Overdue", overdue_requests().count(), f"{bookings}?overdue=yes"),
            Count("Payments unfinished for 2 minutes", unfinished_operations().count(), f"{bookings}?show=money"),
        ]
    if request.user.has_perm("procrastinate.view_procrastinatejob"):
        failed = ProcrastinateJob.objects.filter(status="failed")
        found.append(Count("Failed jobs", failed.count(), f"{jobs}?status__exact=failed"))
    return found


def with_counts(context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """Offer the numbers to the templates; they are counted only where one asks for them."""
    counted: Callable[[], list[Count]] = partial(counts, request)
    return {**context, "console_counts": counted}


admin.site.extra_context = with_counts  # type: ignore[attr-defined]
