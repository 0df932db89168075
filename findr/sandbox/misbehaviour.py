"""How the vendors are made to misbehave: rules that delay, refuse, drop or hang matching calls.

Rules are looked at in the order they were given. Delays add up; the first other action that matches is the call's fate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import NoneType
from typing import Any

ACTIONS = ("delay", "status", "drop_before", "drop_after", "hang")
FIELDS: dict[str, tuple[type, ...]] = {
    "action": (str,),
    "method": (str,),
    "path": (str,),
    "times": (int, NoneType),
    "skip": (int,),
    "seconds": (int, float),
    "status": (int,),
    "type": (str,),
    "code": (str, NoneType),
    "message": (str,),
    "headers": (dict,),
    "do_work": (bool,),
    "store": (bool,),
}


class BadRule(Exception):
    """A rule that cannot be understood; the text says why."""


@dataclass(slots=True)
class Rule:
    """One rule. ``times`` None: until cleared. ``skip``: matching calls that pass first."""

    action: str
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    status: int = 500
    type: str = "api_error"
    code: str | None = None
    message: str = "An unknown error occurred"
    headers: dict[str, str] = field(default_factory=dict)
    do_work: bool = False
    store: bool = False

    def strikes(self, method: str, path: str) -> bool:
        """Whether the rule applies to this call; counts it."""
        if self.method not in ("*", method) or not fnmatchcase(path, self.path) or self.times == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Plan:
    """What happens to one call: the seconds it waits, and the rule that decides its fate (None: it works normally)."""

    delay: float = 0.0
    fate: Rule | None = None

    @property
    def name(self) -> str | None:
        """The misbehaviour in a word for the log, such as ``delay+drop_after``."""
        parts = ["delay"] if self.delay else []
        return "+".join([*parts, self.fate.action] if self.fate else parts) or None


class Misbehaviour:
    """The rules in force."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, given: Any) -> list[Rule]:
        """Take one rule or a list of them; all or, with BadRule, none."""
        rules = [_rule(one) for one in (given if isinstance(given, list) else [given])]
        self._rules.extend(rules)
        return rules

    def clear(self) -> None:
        """Behave well again."""
        self._rules.clear()

    def plan(self, method: str, path: str) -> Plan:
        """Decide what happens to a call, and count it against the rules."""
        plan = Plan()
        for rule in self._rules:
            if not rule.strikes(method, path):
                continue
            if rule.action != "delay":
                plan.fate = rule
                break
            plan.delay += rule.seconds
        return plan


def _rule(given: Any) -> Rule:
    if not isinstance(given, dict):
        raise BadRule("A rule is a JSON object.")
    wrong = [name for name, value in given.items() if not isinstance(value, FIELDS.get(name, ()))]
    if wrong:
        raise BadRule(f"Unknown or wrong in a rule: {', '.join(sorted(wrong))}.")
    if given.get("action") not in ACTIONS:
        raise BadRule(f"A rule's action is one of {', '.join(ACTIONS)}.")
    rule = Rule(**given)
    if rule.seconds < 0 or rule.skip < 0 or not 200 <= rule.status <= 599:
        raise BadRule("Seconds and skip are not negative, and a status is between 200 and 599.")
    rule.headers = {str(name): str(value) for name, value in rule.headers.items()}
    return rule
