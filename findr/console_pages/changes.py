"""What has changed since a page was opened, in words, and by whom if it was done in the console."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.forms import Field
from django.forms.models import model_to_dict
from django.utils import timezone
from django.utils.text import Truncator, capfirst

from findr.console_pages import versions

ADDED, REMOVED = "was added", "was removed"
_LONGEST = 80


@dataclass(frozen=True)
class Change:
    """One thing that has changed.

    Attributes:
        kind: what kind of row beside the page's own it belongs to; blank for the page's own.
        row: which one.
        what: the field, or what became of the whole row.
        now: what stands there.
    """

    kind: str
    row: str
    what: str
    now: str = ""

    def told(self, author: str) -> str:
        """`service "Massage": Price is now 80.00 (by kim@example.test)`"""
        row = f'{self.kind} "{self.row}"' if self.row else self.kind
        what = f"{capfirst(self.what.replace('_', ' '))} is now {self.now}" if self.now else self.what
        return f"{f'{row}: ' if row else ''}{what}{f' (by {author})' if author else ''}"


def changed_fields(form: Any, row: Model, seen: versions.Fingerprints, kind: str = "") -> Iterator[Change]:
    """Which fields of a row no longer stand as a page showed them."""
    names = versions.shown(form)
    values = model_to_dict(row, fields=names)
    for name, now in versions.of_row(row, names).items():
        if seen.get(name) != now:
            field = form.base_fields[name]
            yield Change(kind, str(row) if kind else "", str(field.label or name), _in_words(field, values[name]))


def _in_words(field: Field, value: Any) -> str:
    if value in (None, "", []):
        return "blank"
    if isinstance(value, bool):
        return "ticked" if value else "not ticked"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%b %d, %Y, %H:%M}"
    offered = getattr(field, "queryset", None)
    if offered is not None:
        keys = [one.pk for one in value] if isinstance(value, list) else [value]
        text = ", ".join(str(one) for one in offered.model._default_manager.filter(pk__in=keys))
    else:
        titles = {str(key): str(title) for key, title in _flat(getattr(field, "choices", ()))}
        ready = field.prepare_value(value)
        text = titles.get(str(ready), str(ready))
    return Truncator(text).chars(_LONGEST)


def _flat(choices: Any) -> Iterator[tuple[Any, Any]]:
    for key, title in choices:
        if isinstance(title, list | tuple):
            yield from _flat(title)
        else:
            yield key, title


def last_entry(row: Model) -> int:
    """The newest line that the console's log has about a row; 0 if it has none."""
    newest = _log_of(row).order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def authors_since(row: Model, entry: int) -> dict[tuple[str, str], str]:
    """Who is written down after that line, by what kind of row and which of its fields they changed."""
    authors: dict[tuple[str, str], str] = {}
    for line in _log_of(row).filter(pk__gt=entry).select_related("user").order_by("pk"):
        authors |= dict.fromkeys(_named(line.change_message), str(line.user.get_username()))
    return authors


def _named(message: str) -> Iterator[tuple[str, str]]:
    """What a line names: Django writes JSON, https://docs.djangoproject.com/en/5.2/ref/contrib/admin/#logentry-objects"""
    for part in json.loads(message) if message.startswith("[") else ():
        for verb, told in part.items():
            yield from ((told.get("name", ""), name) for name in told.get("fields", ()))
            yield told.get("name", ""), {"added": ADDED, "deleted": REMOVED}.get(verb, "")


def _log_of(row: Model) -> Any:
    kind = ContentType.objects.get_for_model(row, for_concrete_model=False)
    return LogEntry.objects.filter(content_type=kind, object_id=str(row.pk))
