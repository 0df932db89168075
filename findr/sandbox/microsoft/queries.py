"""OData's parameters (https://learn.microsoft.com/graph/query-parameters): read, checked, and what they make of a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from findr.sandbox.exchange import Request
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.errors import bad
from findr.sandbox.routes import Check

T = TypeVar("T")
# ``singleValueExtendedProperties`` are looked for by this one expression and brought along by the other
# (https://learn.microsoft.com/graph/api/singlevaluelegacyextendedproperty-get).
WITH_PROPERTY = re.compile(
    r"singleValueExtendedProperties/any\(\s*(\w+)\s*:\s*\1/id eq '((?:[^']|'')*)' and \1/value eq '((?:[^']|'')*)'\s*\)",
    re.IGNORECASE,
)
EXPANDED = re.compile(r"singleValueExtendedProperties\(\s*\$filter\s*=\s*id eq '((?:[^']|'')*)'\s*\)", re.IGNORECASE)
PAGE_SIZE = 10
ALWAYS = ("id", "@odata.etag")


def read_query(request: Request) -> dict[str, str]:
    """The parameters of an address; each is there once."""
    given: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        if name in given:
            raise bad(f"Query option '{name}' was specified more than once, but it must be specified at most once.")
        given[name] = value
    return given


def number(least: int, most: int) -> Check:
    """A whole number."""

    def check(name: str, value: Any) -> int:
        if not value.isdecimal() or not least <= int(value) <= most:
            raise bad(f"Invalid value '{value}' for {name} query option found. It is between {least} and {most}.")
        return int(value)

    return check


def selected(kind: str, known: Collection[str]) -> Check:
    """``$select``: fields that the kind has."""

    def check(name: str, value: Any) -> list[str]:
        fields = [field.strip() for field in value.split(",")]
        for field in fields:
            if field not in known:
                text = f"Parsing OData Select and Expand failed: Could not find a property named '{field}' on type '{kind}'."
                raise bad(text, "RequestBroker--ParseUri")
        return fields

    return check


def ordered_by_start(name: str, value: Any) -> bool:
    """``$orderby=start/dateTime``, the only order here, which a view of a calendar has by itself."""
    if value not in ("start/dateTime", "start/dateTime asc"):
        raise bad(f"The sandbox orders by start/dateTime only, not by '{value}'.")
    return True


def property_filter(name: str, value: Any) -> tuple[str, str]:
    """``$filter`` on one extended property, the only one here: its id and value."""
    found = WITH_PROPERTY.fullmatch(value.strip())
    if found is None:
        raise bad(f"Invalid filter clause, or none that the sandbox knows: {value}", "ErrorInvalidUrlQueryFilter")
    return found[2].replace("''", "'"), found[3].replace("''", "'")


def property_expansion(name: str, value: Any) -> str:
    """``$expand`` of one extended property, the only expansion here: its id."""
    found = EXPANDED.fullmatch(value.strip())
    if found is None:
        raise bad(f"Parsing OData Select and Expand failed: {value}", "RequestBroker--ParseUri")
    return found[1].replace("''", "'")


PAGE: dict[str, Check] = {"$top": number(1, 1000), "$skip": number(0, 100_000)}


def chosen(thing: Object, fields: Iterable[str] | None) -> Object:
    """The thing with these fields only, and those that always come along."""
    if fields is None:
        return thing
    wanted = {*fields, *ALWAYS}
    return {name: value for name, value in thing.items() if name in wanted or name == "singleValueExtendedProperties"}


def page(url: str, query: Mapping[str, str], things: Sequence[T], shape: Callable[[T], Object]) -> Object:
    """One page of a list as it is shown, and where the next one is (https://learn.microsoft.com/graph/paging)."""
    top, skip = int(query.get("$top", PAGE_SIZE)), int(query.get("$skip", 0))
    answer: Object = {"value": [shape(one) for one in things[skip : skip + top]]}
    if len(things) > skip + top:
        following = {**query, "$top": str(top), "$skip": str(skip + top)}
        answer["@odata.nextLink"] = f"{url}?{urlencode(following, quote_via=quote, safe='$:/')}"
    return answer
