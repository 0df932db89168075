"""Staff close something in the console, and see what waits there before it is closed: they may end it in the same act."""

from collections.abc import Sequence
from typing import Any

from django.forms import Form
from django.http import HttpRequest, QueryDict
from django.template.response import TemplateResponse

from findr import console
from findr.console_pages.question import question

# Stands in front of the names of all that the question asks; whatever else was sent is the page's own.
PREFIX = "waiting"
ASKED = f"{PREFIX}-asked"


class AsksBeforeClosing:
    """For an admin whose rows can be closed on their page."""

    admin_site: Any
    opts: Any

    def is_open(self, row: Any) -> bool:
        """Whether there is anything to close."""
        raise NotImplementedError

    def is_closed_by(self, sent: QueryDict) -> bool:
        """Whether the page, sent like this, closes its row."""
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The page; between it and its saving a question, if something waits. What is ended is ended after the commit."""
        page: Any = super()
        row = self._row_to_close(request, object_id)
        closing = console.closing_of(row) if row else None
        waiting = closing.waiting(row) if closing else ()
        if closing is None or not waiting:
            return page.changeform_view(request, object_id, form_url, extra_context)
        form = closing.form(request.POST if ASKED in request.POST else None, waiting)
        if not form.is_valid():
            return self._question(request, row, closing, waiting, form)
        response = page.changeform_view(request, object_id, form_url, extra_context)
        row.refresh_from_db()
        if not self.is_open(row):
            closing.end(request, row, form)
        return response

    def _row_to_close(self, request: HttpRequest, object_id: str | None) -> Any:
        if request.method != "POST" or object_id is None or not self.is_closed_by(request.POST):
            return None
        admin: Any = self
        row = admin.get_object(request, object_id)
        may = row is not None and admin.has_change_permission(request, row)
        return row if may and self.is_open(row) else None

    def _question(
        self, request: HttpRequest, row: Any, closing: console.Closing, waiting: Sequence[Any], form: Form
    ) -> TemplateResponse:
        return question(
            self,
            request,
            "admin/closing.html",
            row,
            title=f"Before {row} is closed",
            own=f"{PREFIX}-",
            table=closing.table(waiting),
            form=form,
            asked=ASKED,
        )
