"""Our description of Graph held against one that Microsoft published: whatever ours allows must be allowed there."""

from __future__ import annotations

import re
from typing import Any

from .spec import resolved

# OData's own (`@odata.type`, `@removed`), which the published description allows by a pattern.
ODATA = "@"


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """What only ours has: paths, methods, parameters, fields of bodies and types, kinds of values, words."""
    found = []
    their_paths = {_shape(path): operations for path, operations in theirs["paths"].items()}
    for path, operations in ours["paths"].items():
        known = their_paths.get(_shape(path), {})
        for method, operation in operations.items():
            if method in known:
                found += _of_operation(f"{method.upper()} {path}", operation, known[method], ours, theirs)
            else:
                found.append(f"{method.upper()} {path}")
    for name, schema in ours["components"]["schemas"].items():
        their = theirs["components"]["schemas"].get(schema.get("x-graph", name))
        found += [name] if their is None else _of_schema(name, schema, their, ours, theirs)
    return found


def _shape(path: str) -> str:
    return re.sub(r"\{[\w-]+\}", "{}", path)


def _of_operation(name: str, our: Any, their: Any, ours: Any, theirs: Any) -> list[str]:
    known = {one["name"] for one in their.get("parameters", [])}
    found = [f"{name} {one['name']}" for one in our["parameters"] if one["name"] not in known]
    if "requestBody" in our:
        schemas = [one["requestBody"]["content"]["application/json"]["schema"] for one in (our, their)]
        found += _of_schema(f"{name} body", *schemas, ours, theirs)
    return found


def _of_schema(name: str, our: Any, their: Any, ours: Any, theirs: Any) -> list[str]:
    """Deep: types that are only named are followed on both sides. What theirs leaves open may be anything."""
    mine, known = _choices(our, ours), _choices(their, theirs)
    kinds, words = _kinds(known), _words(known)
    found = [f"{name}: {kind}" for kind in sorted(_kinds(mine)) if kinds and kind not in kinds]
    found += [f"{name}: {word}" for word in sorted(_words(mine)) if words and word not in words]
    fields, items = _fields(known), _items(known)
    for field, schema in _fields(mine).items():
        if field in fields:
            found += _of_schema(f"{name}.{field}", schema, fields[field], ours, theirs)
        elif fields and not field.startswith(ODATA):
            found.append(f"{name}.{field}")
    for item in _items(mine):
        found += [line for one in items for line in _of_schema(f"{name}[]", item, one, ours, theirs)]
    return found


def _choices(schema: Any, spec: Any) -> list[Any]:
    """The schema without names: each of its alternatives, and each of its parts."""
    schema = resolved(schema, spec)
    parts = [*schema.get("anyOf", []), *schema.get("allOf", [])]
    return [one for part in parts for one in _choices(part, spec)] or [schema]


def _kinds(choices: list[Any]) -> set[str]:
    """The JSON types that a value may have, none if that is left open."""
    kinds: set[str] = set()
    for one in choices:
        said = one.get("type", "string" if "enum" in one else [])
        kinds |= {said} if isinstance(said, str) else set(said)
    return kinds


def _words(choices: list[Any]) -> set[str]:
    return {word for one in choices for word in one.get("enum", [])}


def _fields(choices: list[Any]) -> dict[str, Any]:
    return {name: kind for one in choices for name, kind in one.get("properties", {}).items()}


def _items(choices: list[Any]) -> list[Any]:
    return [one["items"] for one in choices if "items" in one]
