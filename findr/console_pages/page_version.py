"""The version of a whole page, as it travels in a hidden field of its form and comes back."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.db.models import Model
from django.forms.models import BaseModelForm
from django.http import HttpRequest

from findr.console_pages import versions
from findr.console_pages.changes import last_entry

FIELD = "page_version"


@dataclass(frozen=True)
class PageVersion:
    """What a page shows.

    Attributes:
        fields: of the row that it is about.
        tables: of the rows beside it, by the table's prefix and the row's key.
        keys: all rows of each table, on whichever page of it.
        entry: the newest line of the console's log about the row.
    """

    fields: versions.Fingerprints = field(default_factory=dict)
    tables: dict[str, dict[str, versions.Fingerprints]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    entry: int = 0

    @classmethod
    def of_page(cls, row: Model, form: BaseModelForm[Any], tables: list[Any], request: HttpRequest) -> Self:
        """What a page that is about to be sent shows."""
        sets = [(table.formset, table.opts) for table in tables]
        return cls(
            versions.of_form(form),
            {
                rows.prefix: {str(one.instance.pk): versions.of_form(one) for one in rows.initial_forms}
                for rows, _ in sets
            },
            {rows.prefix: _keys_shown(inline, request, rows, row) for rows, inline in sets},
            last_entry(row),
        )

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What comes back; None for what no page of ours has sent."""
        try:
            given: Any = json.loads(text)
            _check(given)
            return cls(given["fields"], given["tables"], given["keys"], given["entry"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def as_text(self) -> str:
        """As `read` reads it."""
        return json.dumps(asdict(self), separators=(",", ":"))


def _check(given: Any) -> None:
    """Raise ValueError, or whatever it is that a thing of another shape does not have."""
    rows = [given["fields"], *(row for table in given["tables"].values() for row in table.values())]
    lists = given["keys"].values()
    if not all(isinstance(row, dict) for row in rows) or not all(isinstance(keys, list) for keys in lists):
        raise ValueError("No page of ours")
    if type(given["entry"]) is not int or not 0 <= given["entry"] < 2**31:
        raise ValueError("No line of the log")


def _keys_shown(inline: Any, request: HttpRequest, rows: Any, row: Model) -> list[str]:
    """All rows of a table as the page has found them: it has read them already, unless the table has further pages."""
    is_whole = not hasattr(rows, "paginator") or rows.paginator.num_pages == 1
    if rows.is_bound or not is_whole:
        return all_keys(inline, request, rows, row)
    return [str(one.instance.pk) for one in rows.initial_forms]


def all_keys(inline: Any, request: HttpRequest, rows: Any, row: Model) -> list[str]:
    """The rows of a table, on whichever page of it."""
    found = inline.get_queryset(request).filter(**{rows.fk.name: row})
    return [str(key) for key in found.values_list("pk", flat=True)]
