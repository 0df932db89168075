"""How deliveries are made to misbehave: rules that hold, drop, delay, multiply, reorder or spoil matching events.

Every rule that matches an event applies to it. Holding and dropping come before everything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import NoneType
from typing import Any

from findr.sandbox.misbehaviour import BadRule

ACTIONS = ("hold", "drop", "delay", "duplicate", "reorder", "forge", "postdate")
FIELDS: dict[str, tuple[type, ...]] = {
    "action": (str,),
    "type": (str,),
    "times": (int, NoneType),
    "skip": (int,),
    "seconds": (int, float),
    "count": (int,),
}


@dataclass(slots=True)
class Rule:
    """One rule. ``times`` None: until cleared. ``skip``: matching events that pass first.

    ``seconds``: the delay, or how far the signature's time is from the truth. ``count``: how often a duplicated event is
    sent, or how many events are gathered to be sent in reverse order (``times`` then counts such batches).
    """

    action: str
    type: str = "*"
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    count: int = 2

    def strikes(self, what: str) -> bool:
        """Whether the rule applies to this event; counts it."""
        if self.times == 0 or not fnmatchcase(what, self.type):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Plan:
    """What happens to one event's delivery."""

    held: bool = False
    dropped: bool = False
    delay: float = 0.0
    copies: int = 1
    batch: Rule | None = None
    forged: bool = False
    shifted_seconds: int = 0
    names: list[str] = field(default_factory=list)


class Rules:
    """The rules in force."""

    def __init__(self) -> None:
        self.all: list[Rule] = []

    def add(self, given: Any) -> list[Rule]:
        """Take one rule or a list of them; all or, with BadRule, none."""
        rules = [_rule(one) for one in (given if isinstance(given, list) else [given])]
        self.all.extend(rules)
        return rules

    def clear(self) -> None:
        """Behave well again."""
        self.all.clear()

    def plan(self, what: str) -> Plan:
        """Decide what happens to an event, and count it against the rules."""
        plan = Plan()
        for rule in self.all:
            if rule.strikes(what):
                plan.names.append(rule.action)
                _apply(rule, plan)
        return plan


def _apply(rule: Rule, plan: Plan) -> None:
    if rule.action == "delay":
        plan.delay += rule.seconds
    elif rule.action == "duplicate":
        plan.copies = rule.count
    elif rule.action == "reorder":
        plan.batch = rule
    elif rule.action == "postdate":
        plan.shifted_seconds = int(rule.seconds)
    else:
        plan.held |= rule.action == "hold"
        plan.dropped |= rule.action == "drop"
        plan.forged |= rule.action == "forge"


def _rule(given: Any) -> Rule:
    if not isinstance(given, dict):
        raise BadRule("A rule is a JSON object.")
    wrong = [name for name, value in given.items() if not isinstance(value, FIELDS.get(name, ()))]
    if wrong:
        raise BadRule(f"Unknown or wrong in a rule: {', '.join(sorted(wrong))}.")
    if given.get("action") not in ACTIONS:
        raise BadRule(f"A rule's action is one of {', '.join(ACTIONS)}.")
    rule = Rule(**given)
    if rule.skip < 0 or rule.count < 1 or (rule.seconds < 0 and rule.action != "postdate"):
        raise BadRule("Skip and seconds are not negative (but for postdate), and count is at least 1.")
    if rule.action == "reorder" and rule.times is not None:
        rule.times *= rule.count
    return rule
