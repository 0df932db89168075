"""A page saves nothing that it would undo: it carries which version of each row it shows, and is judged under a lock.

Whoever is refused is told what has changed. What they typed stays in the form, the fields that they left alone show
what stands now, and saving once more saves just what they typed.
"""

from contextlib import nullcontext
from typing import Any, cast

from django.contrib.admin.utils import unquote
from django.db import transaction
from django.forms.models import BaseModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from findr.console_pages import versions
from findr.console_pages.page_version import PageVersion
from findr.console_pages.refusal import Refusal, judge


class NoStalePages:
    """Gives an admin pages that are refused when they are older than what they would save or delete."""

    change_form_before_template = "admin/console/page_version.html"
    get_object: Any
    has_change_permission: Any
    has_delete_permission: Any
    message_user: Any

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        """Judge a page before anything of it is read; its row stays locked until it is saved."""
        with transaction.atomic() if request.method == "POST" else nullcontext():
            if request.method == "POST" and object_id is not None:
                self._judge(request, object_id)
            answer: HttpResponseBase = super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
            return answer

    def _judge(self, request: HttpRequest, object_id: str) -> None:
        row = self.locked(request, object_id)
        if row is not None and self.has_change_permission(request, row):
            refusal = judge(self, request, row)
            cast("Any", request).page_refusal = refusal
            if refusal:
                cast("Any", request).POST = refusal.post

    def locked(self, request: HttpRequest, object_id: str) -> Any:
        """The row as it is once nobody else is changing it; None if there is none."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return None
        row._meta.base_manager.select_for_update(of=("self",), no_key=True).filter(pk=row.pk).first()
        return self.get_object(request, unquote(object_id))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form of a refused page is never valid, and says why."""
        form = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        refusal: Refusal | None = getattr(request, "page_refusal", None)
        return _refused(form, refusal) if refusal and change else form

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Put the version into the page; on a refused one, show what stands now where nothing was typed."""
        row = kwargs.get("obj")
        if row is not None and kwargs.get("change") and self.has_change_permission(request, row):
            tables = [one for one in context["inline_admin_formsets"] if one.has_change_permission]
            page = context["adminform"].form
            refusal: Refusal | None = getattr(request, "page_refusal", None)
            if refusal:
                _show_what_stands(page, refusal.seen.fields)
                for table in tables:
                    seen = refusal.seen.tables.get(table.formset.prefix, {})
                    for form in table.formset.initial_forms:
                        _show_what_stands(form, seen.get(str(form.instance.pk), {}))
            context["page_version"] = PageVersion.of_page(row, page, tables, request).as_text()
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> Any:
        """The page that asks whether to delete a row shows a version of it as well."""
        row = context["object"]
        form = self.get_form(request, row, change=True)(instance=row)
        context["page_version"] = PageVersion.of_page(row, form, [], request).as_text()
        return super().render_delete_form(request, context)  # type: ignore[misc]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Delete what the page showed, and nothing that has become something else since."""
        with transaction.atomic() if request.method == "POST" else nullcontext():
            if request.method == "POST":
                row = self.locked(request, object_id)
                if row is not None and self.has_delete_permission(request, row):
                    refusal = judge(self, request, row, with_tables=False)
                    if refusal:
                        self.message_user(request, refusal.sentence, "ERROR")
                        return HttpResponseRedirect(request.path)
            answer: HttpResponse = super().delete_view(request, object_id, extra_context)  # type: ignore[misc]
            return answer


def _refused(form: Any, refusal: Refusal) -> Any:
    def full_clean(self: Any) -> None:
        form.full_clean(self)
        if self.is_bound:
            self.add_error(None, refusal.sentence)

    return type(form)(form.__name__, (form,), {"full_clean": full_clean})


def _show_what_stands(form: BaseModelForm[Any], seen: versions.Fingerprints) -> None:
    """In each field that was left as the page showed it."""
    for name, typed in versions.of_typed(form).items():
        if seen.get(name) == typed:
            # A bound field shows what was posted, but for what this method makes of it.
            setattr(form.fields[name], "bound_data", lambda data, initial: initial)  # noqa: B010
