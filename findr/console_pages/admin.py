"""The base of every page of the staff console."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from findr.console_pages.search import BoundedSearch
from findr.console_pages.stale import NoStalePages


class ConsoleAdmin(BoundedSearch, NoStalePages, ModelAdmin):  # type: ignore[misc]
    """A list whose search is bounded, and pages that undo nobody's change."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without deleting many rows at once: a row is deleted from a page that shows it."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions
