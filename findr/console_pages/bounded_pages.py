"""A list of the console counts no further than anybody pages, and offers no more choices than anybody reads."""

from typing import Any

from django.contrib.admin import ModelAdmin, RelatedFieldListFilter
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property

MOST_COUNTED, MOST_CHOICES = 10_000, 50


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of the first `most` rows; whoever looks for others narrows the list, or searches.

    To count millions takes longer than to show fifty of them.
    """

    most = MOST_COUNTED

    @cached_property
    def count(self) -> int:
        """How many rows there are, as far as they are counted."""
        return min(self._counted, self.most)

    @property
    def is_cut_short(self) -> bool:
        """Whether there are more."""
        return self._counted > self.most

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.most + 1].count())


class FewChoices(RelatedFieldListFilter):
    """The rows of another table to choose from, while they are few; else only the one that a link to the list names."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Any:
        rows = field.related_model._default_manager.all()
        found = list(rows[: MOST_CHOICES + 1])
        if len(found) > MOST_CHOICES:
            found = self._named(rows)
        return [(row.pk, str(row)) for row in found]

    def _named(self, rows: Any) -> list[Any]:
        """Nothing if the link names no row at all; the list itself then says so."""
        try:
            return list(rows.filter(pk__in=(self.lookup_val or [])[-1:]))
        except (ValidationError, ValueError):
            return []

    def has_output(self) -> bool:
        return bool(self.lookup_choices)
