"""Bookings that wait: for the practice, for the patient, or for their end."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Value

from bookings import deadlines
from bookings.models import Booking
from bookings.selectors.columns import with_columns
from bookings.selectors.visibility import bookings_of_provider
from bookings.states import ANSWERABLE, State
from findr import clock
from findr.postgresql.compiled_queries import compiled


def due_requests(provider_id: Any, after: Any, before: Any) -> QuerySet[Booking]:
    """Requests of this practice with a deadline between two moments; all three may be places in a compiled query."""
    requests = bookings_of_provider(provider_id).filter(state=State.PENDING_CONFIRMATION, expires_at__isnull=False)
    return requests.filter(deadlines.due_between(after, before))


def counted(rows: QuerySet[Booking]) -> QuerySet[Booking, int]:
    """How many there are, as a query of one row that can be compiled."""
    return rows.order_by().values(all=Value(1)).annotate(total=Count("*")).values_list("total", flat=True)


@compiled
def answer_queue(provider_id: UUID) -> QuerySet[Booking, Booking]:
    """What the practice has to answer, soonest deadline first."""
    waiting = bookings_of_provider(provider_id).filter(
        state__in=[State.PENDING_CONFIRMATION, State.CONFIRMING], expires_at__isnull=False
    )
    return with_columns(waiting, "patient", "provider").order_by("expires_at", "id")


def run_out() -> QuerySet[Booking]:
    """Checkouts and requests that have to end, since their time is over."""
    return Booking.objects.filter(deadlines.run_out(clock.now())).order_by("expires_at")


def waiting_for_an_answer() -> QuerySet[Booking]:
    """What the practice or the patient has to answer, late ones included, soonest deadline first."""
    return Booking.objects.filter(state__in=ANSWERABLE).order_by("expires_at", "id")


def cancellable_at(provider_id: UUID) -> QuerySet[Booking]:
    """What waits at a practice, for whomever, and staff may still call off; soonest deadline first."""
    return _cancellable().filter(provider_id=provider_id)


def cancellable_of(user_id: UUID) -> QuerySet[Booking]:
    """The same of a person: as a patient, or at the practice whose desk they are."""
    return _cancellable().filter(Q(patient_id=user_id) | Q(provider__account_id=user_id))


def _cancellable() -> QuerySet[Booking]:
    waiting = Booking.objects.filter(state__in=[State.PENDING_PAYMENT, *ANSWERABLE])
    return waiting.exclude(deadlines.unanswered(clock.now())).order_by("expires_at", "id")


def unanswered() -> QuerySet[Booking]:
    """What should have been answered by now, by the practice or by the patient."""
    return Booking.objects.filter(deadlines.unanswered(clock.now()))
