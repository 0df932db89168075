"""Reading what is sent to Google's API: parameters of the query and fields of JSON bodies, each known and each checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from findr.sandbox.calendars.times import BadTime, read_instant, zone_named
from findr.sandbox.exchange import Request
from findr.sandbox.google.errors import GoogleRefusal, invalid
from findr.sandbox.routes import Check, check_parameters

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def read_query(request: Request, checks: Mapping[str, Check], repeated: frozenset[str]) -> dict[str, Any]:
    """The parameters of the query; what may be there several times is a list."""
    given: dict[str, Any] = {}
    for name, values in parse_qs(request.query, keep_blank_values=True).items():
        if len(values) > 1 and name not in repeated:
            raise invalid(name, f"Invalid value for: {name}, it is given {len(values)} times")
        given[name] = values if name in repeated else values[0]
    return check_parameters(given, {**STANDARD, **checks})


def read_body(request: Request, checks: Mapping[str, Check]) -> dict[str, Any]:
    """The JSON object in the body."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise GoogleRefusal(400, "parseError", "This API does not support parsing form-encoded input.")
    try:
        given = json.loads(request.body)
    except ValueError as error:
        raise GoogleRefusal(400, "parseError", "Parse Error") from error
    if not isinstance(given, dict):
        raise GoogleRefusal(400, "parseError", "Parse Error")
    return check_parameters(given, checks)


def text(name: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise invalid(name)
    return value


def boolean(name: str, value: Any) -> bool:
    """True or false, also as a query's word."""
    words = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if value not in words:
        raise invalid(name)
    return words[value]


def integer(least: int, most: int) -> Check:
    """A whole number between two, also as a query's word."""

    def check(name: str, value: Any) -> int:
        number = int(value) if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value) else value
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise invalid(name, f"Invalid value for: {name}, it is between {least} and {most}")
        return number

    return check


def one_of(*words: str) -> Check:
    """One of these words."""

    def check(name: str, value: Any) -> str:
        if value not in words:
            raise invalid(name, f"Invalid value for: {name}, one of {', '.join(words)}")
        return str(value)

    return check


def instant(name: str, value: Any) -> datetime:
    """A time with its offset (RFC 3339)."""
    if not isinstance(value, str) or not RFC3339.fullmatch(value):
        raise GoogleRefusal(400, "badRequest", "Bad Request", ("parameter", name))
    try:
        return read_instant(value)
    except BadTime as error:
        raise GoogleRefusal(400, "badRequest", "Bad Request", ("parameter", name)) from error


def zone(name: str, value: Any) -> str:
    """The name of an IANA time zone."""
    try:
        return zone_named(text(name, value)).key
    except BadTime as error:
        raise invalid(name, "Invalid time zone name.") from error


def list_of(check: Check) -> Check:
    """A list of what the check accepts."""

    def check_each(name: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise invalid(name)
        return [check(name, one) for one in value]

    return check_each


def group(**checks: Check) -> Check:
    """An object with these fields and no others."""

    def check(name: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid(name)
        return check_parameters(value, checks, lambda field: f"{name}.{field}")

    return check


def words(name: str, value: Any) -> dict[str, str]:
    """An object of any names with strings; null drops one."""
    if not isinstance(value, dict) or not all(one is None or isinstance(one, str) for one in value.values()):
        raise invalid(name)
    return value


def or_null(check: Check) -> Check:
    """What the check accepts, or null."""
    return lambda name, value: None if value is None else check(name, value)


# Every method takes them (the discovery document's ``parameters``).
STANDARD: dict[str, Check] = {"alt": one_of("json"), "prettyPrint": boolean, "quotaUser": text}
