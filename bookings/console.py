"""What bookings bring to the staff console: the queue, the money, the books, and what waits on the first page."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from bookings.admin.closing import CLOSINGS
from bookings.admin.dashboard import next_deadlines
from bookings.admin.events import WAITING
from bookings.admin.filters import ALL, DISPUTED, MONEY
from bookings.admin.findings import OPEN
from bookings.admin.uncovering import CONSEQUENCES
from bookings.admin.week import links as week
from bookings.selectors import attention, queues
from findr.console import OPERATIONS, Console, Figure, Grantable, Place, RowPage, Section, Table

BOOKINGS = Section("Bookings", rank=10)

_LIST, _VIEW = "admin:bookings_booking_changelist", "bookings.view_booking"
_OPERATIONS, _VIEW_OPERATION = "admin:bookings_paymentoperation_changelist", "bookings.view_paymentoperation"
_EVENTS, _VIEW_EVENT = "admin:bookings_stripeevent_changelist", "bookings.view_stripeevent"
_FINDINGS, _VIEW_FINDING = "admin:bookings_bookfinding_changelist", "bookings.view_bookfinding"


def _shows_all(request: HttpRequest) -> bool:
    return request.path == reverse(_LIST) and request.GET.get("show") == ALL


def _is_in_queue(request: HttpRequest) -> bool:
    is_of_a_practice = request.resolver_match and request.resolver_match.url_name == week.NAME
    return request.path.startswith(reverse(_LIST)) and not _shows_all(request) and not is_of_a_practice


def _number(rows: Callable[[], QuerySet[Any]]) -> Callable[[], int]:
    return lambda: rows().count()


CONSOLE = Console(
    places=(
        Place(BOOKINGS, "Overview", "dashboard", "admin:index"),
        Place(BOOKINGS, "Requests to answer", "pending_actions", _LIST, permission=_VIEW, is_here=_is_in_queue),
        Place(BOOKINGS, "All bookings", "event_note", _LIST, f"show={ALL}", permission=_VIEW, is_here=_shows_all),
        Place(OPERATIONS, "Payment operations", "payments", _OPERATIONS, permission=_VIEW_OPERATION),
        Place(OPERATIONS, "Webhook events", "webhook", _EVENTS, permission=_VIEW_EVENT),
        Place(
            OPERATIONS,
            "Findings in the books",
            "account_balance",
            _FINDINGS,
            permission=_VIEW_FINDING,
            badge=attention.open_findings,
        ),
    ),
    figures=(
        Figure("Waiting for an answer", _number(queues.waiting_for_an_answer), _VIEW, _LIST),
        Figure("Overdue", _number(queues.unanswered), _VIEW, _LIST, "overdue=yes"),
        Figure("Payments stuck", _number(attention.stuck_operations), _VIEW, _LIST, f"show={MONEY}"),
        Figure("Payments disputed", _number(attention.disputed_payments), _VIEW, _LIST, f"show={DISPUTED}"),
        Figure("Webhook events stuck", _number(attention.stuck_events), _VIEW_EVENT, _EVENTS, f"standing={WAITING}"),
        Figure("The books: findings", _number(attention.open_findings), _VIEW_FINDING, _FINDINGS, f"standing={OPEN}"),
    ),
    tables=(Table("Next deadlines", next_deadlines, _VIEW),),
    # Everybody answers requests; nobody edits a booking.
    every_staff_member=frozenset(
        {_VIEW, "bookings.change_booking", _VIEW_OPERATION, _VIEW_EVENT, _VIEW_FINDING},
    ),
    grantable=(
        Grantable("bookings.change_payment", "Give money back"),
        Grantable("bookings.change_stripeevent", "Have webhook events processed again"),
        Grantable("bookings.change_bookfinding", "Have the books checked"),
    ),
    closings=CLOSINGS,
    row_pages=(RowPage("providers.provider", "Week", f"admin:{week.NAME}", week.RIGHTS),),
    consequences=CONSEQUENCES,
)
