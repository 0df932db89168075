"""The used part of Graph as ``specs/graph_calendar.json`` describes it, and what it finds wrong with a call.

It is ours, written from Microsoft's reference. ``differences`` holds it against a description that Microsoft published.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
SPEC = json.loads((ROOT / "tests/contract/specs/graph_calendar.json").read_text())
MOUNT = "/microsoft/v1.0"
# Made from Microsoft's own metadata (CSDL), beside the project and not part of it: there on some machines only.
PUBLISHED = [
    path
    for folder in (os.environ.get("FINDR_PUBLISHED_SPECS"), ROOT.parent / "shared" / "specs")
    if folder and (path := Path(folder) / "msgraph_calendar.json").is_file()
]


@dataclass(slots=True)
class Exchange:
    """One call as it went over the wire."""

    method: str
    path: str
    query: str
    sent: Any
    status: int
    answer: Any


class Recorder:
    """Remembers what Graph was asked and what it answered; a hook of requests."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def __call__(self, answer: Any, **_: Any) -> None:
        """Note an answer of Graph's."""
        parts = urlsplit(answer.request.url)
        if parts.path.startswith(MOUNT):
            sent = json.loads(answer.request.body) if answer.request.body else None
            got = answer.json() if answer.content else None
            path = parts.path.removeprefix(MOUNT)
            self.exchanges.append(Exchange(answer.request.method, path, parts.query, sent, answer.status_code, got))


def resolved(schema: dict[str, Any], spec: dict[str, Any] = SPEC) -> dict[str, Any]:
    """The schema itself, if this only names it."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return resolved(spec["components"]["schemas"][name], spec) if name else schema


def problems(value: Any, schema: dict[str, Any]) -> list[str]:
    """What the schema finds wrong."""
    found = Draft202012Validator({"components": SPEC["components"], **schema}).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def path_of(path: str) -> str:
    """The specification's name of a path: that of ``/me/events/AAMk=`` is ``/me/events/{event-id}``."""
    for known in SPEC["paths"]:
        if re.fullmatch(re.sub(r"\{[\w-]+\}", "[^/]+", known), path):
            return str(known)
    raise AssertionError(f"{path} is not in the specification")


def operation_of(exchange: Exchange) -> dict[str, Any]:
    """The specification of the operation that was called."""
    return dict(SPEC["paths"][path_of(exchange.path)][exchange.method.lower()])


def body_schema(operation: dict[str, Any]) -> dict[str, Any]:
    """The schema of what is sent, of nothing if nothing is."""
    sent = operation.get("requestBody")
    return dict(sent["content"]["application/json"]["schema"]) if sent else {"type": "null"}


def queries(operation: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the address as one object."""
    found = [one for one in operation["parameters"] if one["in"] == "query"]
    return {
        "type": "object",
        "properties": {one["name"]: one["schema"] for one in found},
        "required": [one["name"] for one in found if one["required"]],
        "additionalProperties": False,
    }


def request_problems(exchange: Exchange) -> list[str]:
    """What the specification finds wrong with the request."""
    operation = operation_of(exchange)
    given = dict(parse_qsl(exchange.query, keep_blank_values=True))
    return [*problems(given, queries(operation)), *problems(exchange.sent, body_schema(operation))]


def answer_problems(exchange: Exchange) -> list[str]:
    """What the specification finds wrong with the answer."""
    answers = operation_of(exchange)["responses"]
    answer = answers.get(str(exchange.status), answers["default"])
    if "content" not in answer:
        return [] if exchange.answer is None else ["$: there is an answer where there is none"]
    return problems(exchange.answer, answer["content"]["application/json"]["schema"])
