"""Reading the fields of a message: JSON of protocol buffers, each field known and each value checked.

Names come as the documentation has them (``collapseKey``) or as the schema's (``collapse_key``); both are taken
(https://protobuf.dev/programming-guides/json/).
"""

from __future__ import annotations

import re
from typing import Any

from findr.sandbox.fcm.errors import invalid
from findr.sandbox.routes import Check, check_parameters

DURATION = re.compile(r"(\d{1,12})(\.\d{1,9})?s")
FOUR_WEEKS = 28 * 24 * 3600
# Keys of data that are FCM's own.
RESERVED = re.compile(r"from|message_type|google\..*|gcm\.notification\..*|gcm|google", re.DOTALL)


def text(name: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise invalid(name, f"Invalid value at '{name}' (TYPE_STRING), {value}")
    return value


def boolean(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise invalid(name, f"Invalid value at '{name}' (TYPE_BOOL), {value}")
    return value


def whole_number(name: str, value: Any) -> int:
    """An integer, not below 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise invalid(name, f"Invalid value at '{name}', {value}")
    return value


def priority(name: str, value: Any) -> str:
    """``HIGH`` or ``NORMAL``; the admin SDKs write them small."""
    if not isinstance(value, str) or value.upper() not in ("HIGH", "NORMAL"):
        raise invalid(name, f"Invalid value at '{name}' (AndroidMessagePriority), {value}")
    return value.upper()


def duration(name: str, value: Any) -> int:
    """A time to live such as ``86400s``, in whole seconds: at most four weeks."""
    found = DURATION.fullmatch(text(name, value))
    if not found or int(found[1]) > FOUR_WEEKS:
        raise invalid(name, "Invalid value for TTL: it must be between 0 and 2419200 seconds.")
    return int(found[1])


def words(name: str, value: Any) -> dict[str, str]:
    """An object of any names with strings."""
    if not isinstance(value, dict):
        raise invalid(name, f"Invalid value at '{name}'")
    for key, word in value.items():
        if not isinstance(word, str):
            raise invalid(name, f"Invalid value at '{name}[{key}].value' (TYPE_STRING), {word}")
    return value


def data(name: str, value: Any) -> dict[str, str]:
    """What the app gets beside the notification: strings, and no key that is FCM's own."""
    for key in words(name, value):
        if not key or RESERVED.fullmatch(key):
            raise invalid(name, f"Invalid data payload key: {key}")
    return dict(value)


class Group:
    """An object with these fields and no others; a check like the other ones."""

    def __init__(self, **checks: Check) -> None:
        self.checks = checks

    def __call__(self, name: str, value: Any) -> dict[str, Any]:
        """The object, checked field by field."""
        if not isinstance(value, dict):
            raise invalid(name, f"Invalid value at '{name}'")
        return check_parameters(camel_cased(value), self.checks, lambda field: f"{name}.{field}")


def camel_cased(given: dict[str, Any]) -> dict[str, Any]:
    """An object with its own names as the documentation writes them; what is within stays as it is."""
    return {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): value for key, value in given.items()}
