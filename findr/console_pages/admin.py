"""The base of every page of the staff console."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from findr.console_pages.bounded_pages import BoundedPaginator
from findr.console_pages.search import BoundedSearch
from findr.console_pages.stale import NoStalePages

# Of one table that is posted at once. A page of a long table has 25 at most, and the rest are new.
MOST_ROWS = 60


class ConsoleAdmin(BoundedSearch, NoStalePages, ModelAdmin):  # type: ignore[misc]
    """A list whose search and length are bounded, and pages that undo nobody's change."""

    paginator: Any = BoundedPaginator

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row of a page. A blank `_to_field` names none: Django asks the model for a field of that name and fails."""
        return super().get_object(request, object_id, from_field or None)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Whether `_to_field` may be this; a relation of another table to ours is no field, and Django fails over one."""
        is_field = any(to_field in (field.name, field.attname) for field in self.opts.concrete_fields)
        return is_field and bool(super().to_field_allowed(request, to_field))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether the list may be narrowed so by its address: by its own filters alone.

        Django allows every column of the table: whoever may see a list could ask for what it does not show, bit by bit.
        """
        filters = [one[0] if isinstance(one, tuple) else one for one in self.get_list_filter(request)]
        names = [one if isinstance(one, str) else getattr(one, "parameter_name", "") for one in filters]
        is_ours = any(lookup == name or lookup.startswith(f"{name}__") for name in names)
        return is_ours and bool(super().lookup_allowed(lookup, value, request))

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[Any]:
        """The tables of a page, of no more rows than people fill in: a form that says it has a thousand is told no.

        Django would make and render all of them, which kept a process busy for a minute.
        """
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            formset.absolute_max, formset.max_num = MOST_ROWS, min(formset.max_num, MOST_ROWS)
            yield formset, inline

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without deleting many rows at once: a row is deleted from a page that shows it."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions
