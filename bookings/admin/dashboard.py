"""The first page of the staff console: a few numbers, and the requests whose deadlines come next."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from bookings.admin import formatting
from bookings.admin.events import WAITING, stuck_events
from bookings.admin.filters import disputed_payments, overdue_requests, unfinished_operations
from bookings.admin.findings import LIST as FINDINGS
from bookings.admin.findings import OPEN, open_findings
from bookings.models import Booking
from bookings.states import ANSWERABLE

MOST_URGENT = 8


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
            Count("Payments stuck", unfinished_operations().count(), f"{bookings}?show=money"),
            Count("Payments disputed", disputed_payments().count(), f"{bookings}?show=disputed"),
        ]
    if request.user.has_perm("bookings.view_stripeevent"):
        events = f"{reverse('admin:bookings_stripeevent_changelist')}?standing={WAITING}"
        found.append(Count("Webhook events stuck", stuck_events().count(), events))
    if request.user.has_perm("bookings.view_bookfinding"):
        findings = f"{reverse(FINDINGS)}?standing={OPEN}"
        found.append(Count("The books: findings", open_findings().count(), findings))
    if request.user.has_perm("procrastinate.view_procrastinatejob"):
        failed = ProcrastinateJob.objects.filter(status="failed")
        found.append(Count("Failed jobs", failed.count(), f"{jobs}?status__exact=failed"))
    return found


def next_deadlines(request: HttpRequest) -> dict[str, Any] | None:
    """The few requests that want an answer first; None for those who may not see bookings."""
    if not request.user.has_perm("bookings.view_booking"):
        return None
    waiting = Booking.objects.filter(state__in=ANSWERABLE).select_related("provider", "patient")
    return {
        "headers": ["Booking", "Answer by", "Visit", "Practice and service", "Patient"],
        "rows": [_row(booking) for booking in waiting.order_by("expires_at", "id")[:MOST_URGENT]],
    }


def _row(booking: Booking) -> list[Any]:
    return [
        formatting.link(booking, booking.number),
        formatting.deadline(booking),
        formatting.local_lines(booking.start, booking.provider.zone),
        formatting.lines(booking.provider.practice_name, booking.service_name, may_break=True),
        formatting.lines(str(booking.patient), booking.patient.email, may_break=True),
    ]


def with_overview(context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """Offer the overview to the templates; it is read only where one asks for it."""
    counted: Callable[[], list[Count]] = partial(counts, request)
    deadlines: Callable[[], dict[str, Any] | None] = partial(next_deadlines, request)
    return {**context, "console_counts": counted, "next_deadlines": deadlines}


admin.site.index_title = "Overview"
admin.site.extra_context = with_overview  # type: ignore[attr-defined]
