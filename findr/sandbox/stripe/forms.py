"""Reading and checking parameters as Stripe does: bracketed forms, and nothing that Stripe does not know."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from findr.sandbox.routes import Check, check_parameters
from findr.sandbox.stripe.errors import bad_parameter

Form = dict[str, Any]
NAME = re.compile(r"[^\[\]]+|\[\]")
DEEPEST = 8
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[!-~]+")
INTEGER = re.compile(r"[+-]?\d{1,18}")


@lru_cache(maxsize=4096)
def _path(name: str) -> tuple[str, ...]:
    return tuple(NAME.findall(name))


def read_form(text: str) -> Form:
    """A form or query as nested dictionaries: ``metadata[booking]=1`` becomes ``{"metadata": {"booking": "1"}}``."""
    form: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *folders, last = _path(name) or ("",)
        place = form
        if len(folders) > DEEPEST:
            raise bad_parameter(f"Invalid request: a parameter is nested more than {DEEPEST} levels deep.")
        for folder in folders:
            place = place.setdefault(folder if folder != "[]" else str(len(place)), {})
            if not isinstance(place, dict):
                raise bad_parameter(f"Invalid request: {name} is given both as a value and as a hash.", param=name)
        place[last if last != "[]" else str(len(place))] = value
    return form


def readable(form: Any, *, keep: bool = False) -> Any:
    """The form for people: ``{"0": a, "1": b}`` shown as a list, metadata kept as it is."""
    if not isinstance(form, dict):
        return form
    if form and not keep and all(name.isdecimal() for name in form):
        return [readable(value) for value in form.values()]
    return {name: readable(value, keep=name == "metadata") for name, value in form.items()}


def integer(least: int | None = None, most: int | None = None) -> Check:
    """A whole number."""

    def check(name: str, value: Any) -> int:
        if not isinstance(value, str) or not INTEGER.fullmatch(value):
            raise bad_parameter(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
        number = int(value)
        if least is not None and number < least:
            text = f"This value must be greater than or equal to {least}."
            raise bad_parameter(text, code="parameter_invalid_integer", param=name)
        if most is not None and number > most:
            text = f"This value must be less than or equal to {most}."
            raise bad_parameter(text, code="parameter_invalid_integer", param=name)
        return number

    return check


def boolean(name: str, value: Any) -> bool:
    """``true`` or ``false``."""
    if value not in ("true", "false"):
        raise bad_parameter(f"Invalid boolean: {value}", code="parameter_invalid_boolean", param=name)
    return bool(value == "true")


def text(name: str, value: Any) -> str:
    """A string that is not empty."""
    if not isinstance(value, str):
        raise bad_parameter("Invalid string: a hash was given.", param=name)
    if value == "":
        message = f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or supply a non-empty value."
        raise bad_parameter(message, code="parameter_invalid_empty", param=name)
    if len(value) > 5000:
        raise bad_parameter(f"Invalid string: must be at most 5000 characters: {name}", param=name)
    return value


def address(name: str, value: Any) -> str:
    """The address of a page or of an app."""
    if not ADDRESS.fullmatch(text(name, value)):
        raise bad_parameter("Not a valid URL", code="url_invalid", param=name)
    return str(value)


def clearable(name: str, value: Any) -> str | None:
    """A string; an empty one unsets the field."""
    return None if value == "" else text(name, value)


def one_of(*words: str) -> Check:
    """One of Stripe's words."""

    def check(name: str, value: Any) -> str:
        if value not in words:
            raise bad_parameter(f"Invalid {name}: must be one of {', '.join(words)}", param=name)
        return str(value)

    return check


def either(first: Check, *words: str) -> Check:
    """One of the words, else what the first check says."""

    def check(name: str, value: Any) -> Any:
        return value if value in words else first(name, value)

    return check


def listing(item: Check = text) -> Check:
    """A list."""

    def check(name: str, value: Any) -> list[Any]:
        if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
            raise bad_parameter("Invalid array", param=name)
        return [item(f"{name}[{key}]", value[key]) for key in sorted(value, key=int)]

    return check


def group(**checks: Check) -> Check:
    """A hash with these fields and no others."""

    def check(name: str, value: Any) -> Form:
        if not isinstance(value, dict):
            raise bad_parameter("Invalid hash", code="parameter_invalid_hash", param=name)
        return check_parameters(value, checks, lambda key: f"{name}[{key}]")

    return check


def metadata(name: str, value: Any) -> dict[str, str]:
    """Free pairs (https://docs.stripe.com/api/metadata); ``""`` clears them all, an empty value removes one."""
    if value == "":
        return {"": ""}
    if not isinstance(value, dict) or any(not isinstance(item, str) for item in value.values()):
        raise bad_parameter("Invalid hash: metadata values are strings.", code="parameter_invalid_hash", param=name)
    if len(value) > 50:
        raise bad_parameter("You can only specify up to 50 keys.", param=name)
    for key, item in value.items():
        if len(key) > 40:
            raise bad_parameter(f"Metadata keys are limited to 40 characters in length: {key}", param=name)
        if len(item) > 500:
            raise bad_parameter("Metadata values can have up to 500 characters.", param=f"{name}[{key}]")
    return value


def merged_metadata(before: dict[str, str], change: dict[str, str]) -> dict[str, str]:
    """The pairs after a change: given ones replace, empty ones are removed, others stay."""
    if change == {"": ""}:
        return {}
    return {key: value for key, value in {**before, **change}.items() if value != ""}


def require(form: Form, *names: str) -> None:
    """400 ``parameter_missing`` for the first of the names that is not there."""
    for name in names:
        if name not in form:
            raise bad_parameter(f"Missing required param: {name}.", code="parameter_missing", param=name)
