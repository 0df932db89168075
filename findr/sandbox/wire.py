"""What travels between the HTTP server and the vendors: a request and an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Request:
    """One HTTP request, its header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Misused(Exception):
    """A control request that makes no sense; the text says why."""


def given_json(request: Request) -> Any:
    """The JSON body of a control request; an empty one is an empty object."""
    try:
        return json.loads(request.body or b"{}")
    except ValueError as error:
        raise Misused("The body is not JSON.") from error


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
