"""What the booking list shows: by default the queue of what waits for an answer."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from bookings import deadlines
from bookings.admin.formatting import plain
from bookings.admin.uncovered import TITLE
from bookings.availability.uncovered import uncovered_bookings
from bookings.selectors import attention
from bookings.states import ANSWERABLE
from findr import clock

QUEUE, UNCOVERED, MONEY, DISPUTED, ALL = "waiting", "uncovered", "money", "disputed", "all"
# Whoever asks for a state or a payment state asks about all bookings, not about the queue.
_NARROWING = ("state__exact", "payment__state__exact")


def shown(query: Mapping[str, Any]) -> str:
    """Which part of the bookings a query string asks for. Whoever searches, searches all of them."""
    if query.get(SEARCH_VAR):
        return ALL
    asked = query.get(Show.parameter_name)
    if asked in (QUEUE, UNCOVERED, MONEY, DISPUTED, ALL):
        return str(asked)
    return ALL if any(query.get(name) for name in _NARROWING) else QUEUE


class Show(admin.SimpleListFilter):
    """The queue, what hours and time off do not cover, what waits for money, what is disputed, or everything."""

    title = "queue"
    parameter_name = "show"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (QUEUE, "Waiting for an answer"),
            (UNCOVERED, TITLE),
            (MONEY, "Payments stuck"),
            (DISPUTED, "Disputed"),
            (ALL, "All bookings"),
        ]

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Any], model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.shown = shown(request.GET)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """These, without Django's own "All": one of them is always chosen. Choosing one ends a search."""
        for word, title in self.lookup_choices:
            yield {
                "selected": self.shown == word,
                "query_string": changelist.get_query_string({self.parameter_name: word}, [SEARCH_VAR]),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.shown == QUEUE:
            return queryset.filter(state__in=ANSWERABLE)
        if self.shown == UNCOVERED:
            return queryset.filter(pk__in=uncovered_bookings())
        if self.shown == MONEY:
            return queryset.filter(Exists(attention.stuck_operations().filter(payment__booking=OuterRef("pk"))))
        if self.shown == DISPUTED:
            return queryset.filter(Exists(attention.disputed_payments().filter(booking=OuterRef("pk"))))
        return queryset


class PlainChoices(admin.ChoicesFieldListFilter):
    """The stored words of a state or a type, as people read them."""

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = plain(field_path.replace("__", " "))

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": plain(str(choice["display"]))}


class Overdue(admin.SimpleListFilter):
    """Whether the answer is late."""

    title = "deadline"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Overdue"), ("no", "Not overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        late = deadlines.unanswered(clock.now())
        if self.value() == "yes":
            return queryset.filter(late)
        return queryset.exclude(late) if self.value() == "no" else queryset
