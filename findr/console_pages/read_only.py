"""Pages that show and let nobody add, edit or delete, superusers included: what is stored belongs to the services."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from findr.console_pages.admin import ConsoleAdmin


class ReadOnlyAdmin(ConsoleAdmin):
    """A list with a page for each row; neither counts all rows nor offers them at once."""

    list_per_page = 50
    list_max_show_all = 100
    list_disable_select_all = True
    list_fullwidth = True
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row of a page: what shows it asks for it several times, and it is read once for each request."""
        rows = request.__dict__.setdefault("_rows_shown", {})
        key = (self.opts.label, str(object_id), from_field)
        if key not in rows:
            rows[key] = super().get_object(request, object_id, from_field)
        return rows[key]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
