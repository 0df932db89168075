"""Which operations a vendor serves and the parameters each takes: whatever else is asked for is refused.

The refusals here know no vendor's words; each vendor renders them in its own shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
# Reads a parameter's value, and raises a refusal of the vendor's if it is none. It is given the parameter's name.
Check = Callable[[str, Any], Any]
ANYTHING = "{}"


class Refusal(Exception):
    """A call that a vendor refuses."""


class UnknownPath(Refusal):
    """Nothing is served there."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"Nothing is served at {method} {path}.")
        self.method = method
        self.path = path


class UnknownParameter(Refusal):
    """The operation takes no such parameter."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown parameter: {name}.")
        self.name = name


def _nothing_more(_params: dict[str, Any]) -> None:
    """No check beyond each parameter's own."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a vendor: who does it, its parameters, and what is checked across them before it runs."""

    handler: Callable[..., Any]
    checks: Mapping[str, Check] = field(default_factory=dict)
    before: Callable[[dict[str, Any]], None] = _nothing_more

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters, checked; a refusal before anything is done."""
        params = check_parameters(given, self.checks)
        self.before(params)
        return params


class _Node:
    """One step of a path: what follows, by the next part, and what is served if nothing does."""

    __slots__ = ("ends", "steps")

    def __init__(self) -> None:
        self.steps: dict[str, _Node] = {}
        self.ends: dict[str, tuple[str, Any]] = {}


class RouteTable(Generic[T]):
    """What is served, by method and pattern. ``{}`` in a pattern stands for one part of a path, such as an id."""

    def __init__(self, routes: Mapping[tuple[str, str], T]) -> None:
        self._root = _Node()
        for (method, pattern), served in routes.items():
            node = self._root
            for part in pattern.strip("/").split("/"):
                node = node.steps.setdefault(part, _Node())
            node.ends[method] = pattern, served

    def find(self, method: str, path: str) -> tuple[str, T, list[str]]:
        """The pattern of a path, what is served there, and the ids in the path; UnknownPath if there is nothing."""
        parts = path.removeprefix("/").split("/")
        found = _walk(self._root, method, parts)
        if found is None:
            raise UnknownPath(method, path)
        pattern, served = found
        ids = [part for step, part in zip(pattern.strip("/").split("/"), parts, strict=True) if step == ANYTHING]
        return pattern, served, ids


def _walk(node: _Node, method: str, parts: list[str]) -> tuple[str, Any] | None:
    """The end of a path. A part that is named is preferred to one that may be anything."""
    if not parts:
        return node.ends.get(method)
    for step in (parts[0], ANYTHING):
        following = node.steps.get(step) if parts[0] else None
        found = _walk(following, method, parts[1:]) if following else None
        if found:
            return found
    return None


def _same(key: str) -> str:
    return key


def check_parameters(
    given: Mapping[str, Any], checks: Mapping[str, Check], name_of: Callable[[str], str] = _same
) -> dict[str, Any]:
    """Every parameter checked and read; a refusal for the first that is unknown or wrong."""
    checked = {}
    for key, value in given.items():
        check = checks.get(key)
        if check is None:
            raise UnknownParameter(name_of(key))
        checked[key] = check(name_of(key), value)
    return checked
