"""Stripe's published shapes, and what they find wrong with a call.

``specs/stripe*.json`` are cut from the generated types of the stripe SDK 16.1.0 (API 2026-10-28.endive).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe  # noqa: TID251  the sandbox is checked with the SDK that findr uses
from jsonschema import Draft202012Validator

SPECS = Path(__file__).parents[1] / "specs"
SPEC = json.loads((SPECS / "stripe.json").read_text())
MORE = json.loads((SPECS / "stripe_disputes_and_keys.json").read_text())
SPEC["paths"] |= MORE["paths"]
SPEC["components"]["schemas"] |= MORE["components"]["schemas"]
DEFINITIONS = {"components": SPEC["components"]}
FORM = "application/x-www-form-urlencoded"
MOUNT = "/stripe"


@dataclass(slots=True)
class Exchange:
    """One call as it went over the wire."""

    method: str
    path: str
    query: str
    form: str
    status: int
    answer: Any


class Recorder(stripe.RequestsClient):
    """Stripe's own HTTP client, which also remembers what it sent and got."""

    def __init__(self) -> None:
        super().__init__(timeout=(3, 10))
        self.exchanges: list[Exchange] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        """Send, and remember."""
        content, status, got = super().request(method, url, headers, post_data)
        parts = urlsplit(url)
        form = post_data.decode() if isinstance(post_data, bytes) else post_data or ""
        path = parts.path.removeprefix(MOUNT)
        self.exchanges.append(Exchange(method.upper(), path, parts.query, form, status, json.loads(content)))
        return content, status, got


def unbracketed(form: str) -> dict[str, Any]:
    """A form as the nested value that the schema describes."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *folders, last = re.findall(r"[^\[\]]+", name)
        place = root
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = value
    return root


def coerced(value: Any, schema: dict[str, Any]) -> Any:
    """The strings of a form as the types that the schema names, where they can be read so."""
    if "$ref" in schema:
        return coerced(value, SPEC["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        readings = (coerced(value, choice) for choice in schema["anyOf"])
        return next((reading for reading in readings if not problems(reading, schema)), value)
    if isinstance(value, dict) and schema.get("type") == "array":
        return [coerced(value[key], schema.get("items", {})) for key in sorted(value, key=int)]
    if isinstance(value, dict):
        other = schema.get("additionalProperties") or {}
        return {key: coerced(item, schema.get("properties", {}).get(key, other)) for key, item in value.items()}
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def problems(value: Any, schema: dict[str, Any]) -> list[str]:
    """What the schema finds wrong."""
    found = Draft202012Validator({**DEFINITIONS, **schema}).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def path_of(path: str) -> str:
    """The specification's name of a path: ``/v1/refunds/re_1`` is ``/v1/refunds/{refund}``."""
    for known in SPEC["paths"]:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path):
            return str(known)
    raise AssertionError(f"{path} is not in the specification")


def operation_of(exchange: Exchange) -> dict[str, Any]:
    """The specification of the operation that was called."""
    return dict(SPEC["paths"][path_of(exchange.path)][exchange.method.lower()])


def request_problems(exchange: Exchange) -> list[str]:
    """What the specification finds wrong with the request."""
    operation = operation_of(exchange)
    if exchange.method == "POST":
        schema = operation["requestBody"]["content"][FORM]["schema"]
        return problems(coerced(unbracketed(exchange.form), schema), schema)
    queries = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    schema = {
        "type": "object",
        "properties": {one["name"]: one["schema"] for one in queries},
        "additionalProperties": False,
    }
    return problems(coerced(unbracketed(exchange.query), schema), schema)


def answer_problems(exchange: Exchange) -> list[str]:
    """What the specification finds wrong with the answer."""
    answers = operation_of(exchange)["responses"]
    answer = answers["200" if exchange.status == 200 else "default"]
    return problems(exchange.answer, answer["content"]["application/json"]["schema"])
