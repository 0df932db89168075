"""Which version of a row a page shows: each field by the fingerprint of its value.

Fields and not the whole row, so that what nobody edits on the page (a last sign-in) makes no page stale, and what has
changed can be told by name.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.forms.models import BaseModelForm, model_to_dict

Fingerprints = dict[str, str]


def fingerprint(value: Any) -> str:
    """The same for a stored value and for what a form makes of it."""
    return sha256(json.dumps(_plain(value), cls=DjangoJSONEncoder).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    if isinstance(value, QuerySet) or (isinstance(value, list) and any(isinstance(one, Model) for one in value)):
        return sorted(str(row.pk) for row in value)
    return value


def shown(form: Any) -> list[str]:
    """The stored fields that a form, or its class, writes; the box that deletes a row is none of them, nor is whose row it is."""
    options = form._meta.model._meta
    known = {field.name for field in (*options.concrete_fields, *options.many_to_many)} - {options.pk.name}
    return [name for name in form.base_fields if name in known]


def of_row(row: Model, names: Iterable[str]) -> Fingerprints:
    """As these fields of a row stand."""
    return {name: fingerprint(value) for name, value in model_to_dict(row, fields=list(names)).items()}


def of_form(form: BaseModelForm[Any]) -> Fingerprints:
    """As the form found its row, whatever has been typed over it since."""
    return {name: fingerprint(form.initial[name]) for name in shown(form) if name in form.initial}


def of_typed(form: BaseModelForm[Any]) -> Fingerprints:
    """What was filled in, as far as it could be read."""
    return {name: fingerprint(form.cleaned_data[name]) for name in shown(form) if name in form.cleaned_data}
