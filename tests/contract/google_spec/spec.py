"""Google's published shapes, and what they find wrong with a call: the discovery documents of google-api-python-client."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

import httplib2
from contract.discovery import document, is_time, json_schema, methods_of, problems_in

CALENDAR = document("calendar.v3")
USERINFO = document("oauth2.v2")


@dataclass(slots=True)
class Exchange:
    """One call as it went over the wire; ``path`` is below the API's root."""

    method: str
    path: str
    query: str
    body: Any
    status: int
    answer: Any


class Recorder(httplib2.Http):
    """Google's own HTTP client, which also remembers what it sent and got."""

    def __init__(self, root: str) -> None:
        super().__init__(timeout=10)
        self._root = root
        self.exchanges: list[Exchange] = []

    def request(self, uri: str, method: str = "GET", body: Any = None, **options: Any) -> Any:
        """Send, and remember."""
        response, content = super().request(uri, method, body, **options)
        if not uri.startswith(self._root):
            # A token is refreshed over the same connection.
            return response, content
        path, _, query = uri.removeprefix(self._root).partition("?")
        given = json.loads(body) if body else None
        answer = json.loads(content) if content else None
        self.exchanges.append(Exchange(method, unquote(path), query, given, response.status, answer))
        return response, content


METHODS = methods_of(CALENDAR)


DEFINITIONS = {name: json_schema(schema) for name, schema in (CALENDAR["schemas"] | USERINFO["schemas"]).items()}
# What the documents do not describe: https://developers.google.com/workspace/calendar/api/guides/errors.
ONE_ERROR = {
    "type": "object",
    "required": ["domain", "reason", "message"],
    "properties": {name: {"type": "string"} for name in ("domain", "reason", "message", "locationType", "location")},
    "additionalProperties": False,
}
DEFINITIONS["_Refusal"] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["errors", "code", "message"],
            "properties": {
                "errors": {"type": "array", "minItems": 1, "items": ONE_ERROR},
                "code": {"type": "integer"},
                "message": {"type": "string"},
            },
            "additionalProperties": False,
        }
    },
    "additionalProperties": False,
}


def problems(value: Any, schema: dict[str, Any]) -> list[str]:
    """What a JSON schema finds wrong."""
    return problems_in(value, schema, DEFINITIONS)


def name_of(exchange: Exchange) -> str:
    """The id of the method that was called."""
    for name, method in METHODS.items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", method["path"])
        if method["httpMethod"] == exchange.method and re.fullmatch(pattern, exchange.path):
            return name
    raise AssertionError(f"{exchange.method} {exchange.path} is not in the document")


def request_problems(exchange: Exchange) -> list[str]:
    """What the document finds wrong with the request."""
    method = METHODS[name_of(exchange)]
    known = {**CALENDAR["parameters"], **method.get("parameters", {})}
    found = []
    for name, values in parse_qs(exchange.query, keep_blank_values=True).items():
        found += [f"{name}: {one}" for one in query_problems(known.get(name), values)]
    if "request" in method:
        found += problems(exchange.body, json_schema({"$ref": method["request"]["$ref"]}))
    return found


def query_problems(parameter: dict[str, Any] | None, values: list[str]) -> list[str]:
    """What is wrong with the values of one parameter of a query, all of them strings."""
    if parameter is None or parameter["location"] != "query":
        return ["unknown"]
    kinds = {"integer": r"-?\d+", "boolean": "true|false", "string": "(?s).*"}
    wrong = [value for value in values if not re.fullmatch(kinds[parameter["type"]], value)]
    wrong += [value for value in values if "enum" in parameter and value not in parameter["enum"]]
    if parameter.get("format") == "date-time":
        wrong += [value for value in values if not is_time(value)]
    if parameter["type"] == "integer" and not wrong:
        least, most = int(parameter.get("minimum", -(2**31))), int(parameter.get("maximum", 2**31))
        wrong += [value for value in values if not least <= int(value) <= most]
    if len(values) > 1 and not parameter.get("repeated"):
        wrong.append("repeated")
    return wrong


def answer_problems(exchange: Exchange) -> list[str]:
    """What the document finds wrong with the answer."""
    if exchange.status >= 300:
        wrong = problems(exchange.answer, {"$ref": "#/defs/_Refusal"})
        return wrong or ([] if exchange.answer["error"]["code"] == exchange.status else ["code is not the status"])
    method = METHODS[name_of(exchange)]
    if "response" not in method:
        return [] if (exchange.status, exchange.answer) == (204, None) else ["an answer where there is none"]
    return problems(exchange.answer, json_schema({"$ref": method["response"]["$ref"]}))
