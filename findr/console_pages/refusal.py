"""Whether a page is older than what it would save, and what to tell whoever sent it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, QueryDict

from findr.console_pages.changes import ADDED, REMOVED, Change, authors_since, changed_fields
from findr.console_pages.page_version import FIELD, PageVersion, all_keys
from findr.console_pages.posted_rows import posted_keys, without

_UNKNOWN = (
    "This page does not say which version it shows, so nothing was saved. Look at what stands here and try again."
)
_MOST_TOLD = 12


@dataclass(frozen=True)
class Refusal:
    """Why nothing is saved.

    Attributes:
        seen: what the page had shown.
        post: what was posted, without the rows that are gone.
    """

    sentence: str
    seen: PageVersion
    post: QueryDict


def judge(admin: Any, request: HttpRequest, row: Model, *, with_tables: bool = True) -> Refusal | None:
    """The refusal, if anything that the page shows has changed since; the row is locked."""
    seen = PageVersion.read(request.POST.get(FIELD, ""))
    if seen is None:
        return Refusal(_UNKNOWN, PageVersion(), request.POST)
    changes = list(changed_fields(admin.get_form(request, row, change=True), row, seen.fields))
    post: QueryDict = request.POST
    for rows, inline in admin.get_formsets_with_inlines(request, row) if with_tables else ():
        if inline.has_change_permission(request, row):
            changes.extend(_changed_rows(rows, row, request, seen))
            changes.extend(_new_rows(rows, inline, row, request, seen))
            gone = _gone(rows, row, request)
            post = without(post, rows.get_default_prefix(), _key(rows), gone) if gone else post
    if not changes:
        return None
    return Refusal(_sentence(changes, authors_since(row, seen.entry)), seen, post)


def _sentence(changes: list[Change], authors: dict[tuple[str, str], str]) -> str:
    told = [change.told(authors.get((change.kind, change.what), "")) for change in changes[:_MOST_TOLD]]
    more = [f"{len(changes) - _MOST_TOLD} more"] if len(changes) > _MOST_TOLD else []
    return (
        f"This has changed since the page was opened: {'; '.join([*told, *more])}. Nothing was saved. What you typed is "
        "still here, and what you left alone shows what stands now. Look at it and try again."
    )


def _changed_rows(rows: Any, row: Model, request: HttpRequest, seen: PageVersion) -> Iterator[Change]:
    known = _known(rows, row)
    prefix, kind = rows.get_default_prefix(), str(rows.model._meta.verbose_name)
    shown = [key for key in posted_keys(request.POST, prefix, _key(rows)) if key in known]
    standing = {str(one.pk): one for one in rows.model._default_manager.filter(pk__in=[known[key] for key in shown])}
    for key in shown:
        yield from changed_fields(rows.form, standing[key], seen.tables.get(prefix, {}).get(key, {}), kind)
    for _ in _gone(rows, row, request):
        yield Change(kind, "", REMOVED)


def _new_rows(rows: Any, inline: Any, row: Model, request: HttpRequest, seen: PageVersion) -> Iterator[Change]:
    new = set(all_keys(inline, request, rows, row)) - {str(key) for key in seen.keys.get(rows.get_default_prefix(), ())}
    known = _known(rows, row)
    for one in rows.model._default_manager.filter(pk__in=[known[key] for key in new]):
        yield Change(str(rows.model._meta.verbose_name), str(one), ADDED)


def _gone(rows: Any, row: Model, request: HttpRequest) -> set[str]:
    """The rows that the page shows and that are no longer there."""
    return set(posted_keys(request.POST, rows.get_default_prefix(), _key(rows))) - set(_known(rows, row))


def _known(rows: Any, row: Model) -> dict[str, Any]:
    found = rows.model._default_manager.filter(**{rows.fk.name: row})
    return {str(key): key for key in found.values_list("pk", flat=True)}


def _key(rows: Any) -> str:
    return str(rows.model._meta.pk.name)
