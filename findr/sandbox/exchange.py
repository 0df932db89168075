"""What travels between the HTTP server and the vendors: a request and an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs


@dataclass(slots=True)
class Request:
    """One HTTP request, its header names in lower case. A vendor sees the path below its mount."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def asked(self, name: str, default: str = "") -> str:
        """The first value of a parameter of the query."""
        return parse_qs(self.query, keep_blank_values=True).get(name, [default])[0]


@dataclass(slots=True)
class Answer:
    """One HTTP answer. ``replayed`` marks an answer that was stored under an idempotency key."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    replayed: bool = False


def json_answer(status: int, content: Any, headers: dict[str, str] | None = None) -> Answer:
    """An answer whose body is the content as JSON."""
    return Answer(status, json.dumps(content, separators=(",", ":")).encode(), dict(headers or {}))


class Misused(Exception):
    """A control request, or an option of the start, that makes no sense; the text says why."""


def given_json(request: Request) -> Any:
    """The JSON body of a control request; an empty one is an empty object."""
    try:
        return json.loads(request.body or b"{}")
    except ValueError as error:
        raise Misused("The body is not JSON.") from error


def given_fields(request: Request, known: dict[str, type], what: str) -> dict[str, Any]:
    """The JSON body of a control request, which has these fields, all of them optional, and no others."""
    given = given_json(request)
    if not isinstance(given, dict) or any(not isinstance(value, known.get(name, ())) for name, value in given.items()):
        raise Misused(f"{what} takes {', '.join(known) or 'nothing'}.")
    return given


def given_number(request: Request, name: str) -> int:
    """A number in the query of a control request, 0 if it is not there."""
    word = request.asked(name, "0")
    if not word.isdecimal():
        raise Misused(f"{name} is a number.")
    return int(word)
