"""Rules that strike what matches them: what misbehaviour of calls and of deliveries has in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import UnionType
from typing import Any, ClassVar, Generic, Self, TypeVar, Union, get_args, get_origin, get_type_hints


class BadRule(Exception):
    """A rule that cannot be understood; the text says why."""


@dataclass(slots=True)
class MatchingRule:
    """One rule. ``times`` None: until cleared. ``skip``: how many matches pass first."""

    # The fields that are patterns (``*`` stands for anything).
    PATTERNS: ClassVar[tuple[str, ...]] = ()
    ACTIONS: ClassVar[tuple[str, ...]] = ()

    action: str
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0

    def strikes(self, seen: Mapping[str, str]) -> bool:
        """Whether the rule applies to what was seen, named as the patterns are; counts it."""
        if self.times == 0 or not all(fnmatchcase(seen[name], getattr(self, name)) for name in self.PATTERNS):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    @classmethod
    def read(cls, given: Any, actions: tuple[str, ...]) -> Self:
        """The rule that a control request describes, with one of these actions; BadRule with the reason if it is none."""
        if not isinstance(given, dict):
            raise BadRule("A rule is a JSON object.")
        fields = _fields(cls)
        wrong = [name for name, value in given.items() if not isinstance(value, fields.get(name, ()))]
        if wrong:
            raise BadRule(f"Unknown or wrong in a rule: {', '.join(sorted(wrong))}.")
        if given.get("action") not in actions:
            raise BadRule(f"A rule's action is one of {', '.join(actions)}.")
        rule = cls(**given)
        rule.check()
        return rule

    def check(self) -> None:
        """BadRule for values that no rule of this kind has."""
        if self.skip < 0 or (self.times is not None and self.times < 0):
            raise BadRule("Skip and times are not negative.")


R = TypeVar("R", bound=MatchingRule)


class RuleBook(Generic[R]):
    """The rules in force, in the order they were given."""

    def __init__(self, kind: type[R], more_actions: tuple[str, ...] = ()) -> None:
        self._kind = kind
        self._actions = (*kind.ACTIONS, *more_actions)
        self.all: list[R] = []

    def add(self, given: Any) -> list[R]:
        """Take one rule or a list of them; all or, with BadRule, none."""
        rules = [self._kind.read(one, self._actions) for one in (given if isinstance(given, list) else [given])]
        self.all.extend(rules)
        return rules

    def clear(self) -> None:
        """Behave well again."""
        self.all.clear()

    def striking(self, **seen: str) -> Iterator[R]:
        """The rules that apply, one by one: a rule is counted when it is asked for."""
        return (rule for rule in self.all if rule.strikes(seen))


def _fields(kind: type[MatchingRule]) -> dict[str, tuple[type, ...]]:
    """What each field of a rule may hold, as its annotation says."""
    return {name: _types(hint) for name, hint in get_type_hints(kind).items() if get_origin(hint) is not ClassVar}


def _types(hint: Any) -> tuple[type, ...]:
    if get_origin(hint) in (Union, UnionType):
        return tuple(kind for part in get_args(hint) for kind in _types(part))
    return (int, float) if hint is float else (get_origin(hint) or hint,)
