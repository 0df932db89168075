"""Google's published shapes: the discovery documents that come with google-api-python-client."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import googleapiclient  # noqa: TID251  the sandbox is checked with the SDK that findr uses
from jsonschema import Draft202012Validator, FormatChecker

DOCUMENTS = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
# Says nothing about a value.
WORDLESS = ("default", "deprecated", "description", "enumDescriptions", "id", "readOnly", "annotations")
FORMATS = FormatChecker()
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")


def document(name: str) -> dict[str, Any]:
    """A document such as ``calendar.v3``."""
    return json.loads((DOCUMENTS / f"{name}.json").read_text())


@FORMATS.checks("date-time")
def is_time(value: object) -> bool:
    """RFC 3339, with its offset."""
    return not isinstance(value, str) or (bool(TIME.fullmatch(value)) and bool(datetime.fromisoformat(value)))


@FORMATS.checks("google-duration")
def is_duration(value: object) -> bool:
    """Seconds, such as ``3.5s``."""
    return not isinstance(value, str) or bool(DURATION.fullmatch(value))


def methods_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The methods of a document by their ids, such as ``events.insert``."""
    found = {}
    for name, resource in document["resources"].items():
        found |= {f"{name}.{verb}": method for verb, method in resource.get("methods", {}).items()}
        found |= {f"{name}.{deeper}": method for deeper, method in methods_of({"resources": {}, **resource}).items()}
    return found


def json_schema(discovered: dict[str, Any]) -> dict[str, Any]:
    """A discovery schema as JSON Schema. An object has the properties that it names and no others."""
    made = {name: value for name, value in discovered.items() if name not in WORDLESS}
    if "properties" in made:
        made["properties"] = {name: json_schema(one) for name, one in made["properties"].items()}
        made.setdefault("additionalProperties", False)
    for deeper in ("items", "additionalProperties"):
        if isinstance(made.get(deeper), dict):
            made[deeper] = json_schema(made[deeper])
    if made.get("type") == "any":
        del made["type"]
    if "$ref" in made:
        made["$ref"] = f"#/defs/{made['$ref']}"
    return made


def problems_in(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """What a JSON schema finds wrong."""
    found = Draft202012Validator({"defs": definitions, **schema}, format_checker=FORMATS).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]
