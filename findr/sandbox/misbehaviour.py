"""How the vendors are made to misbehave: rules that delay, refuse, drop or hang matching calls.

Rules are looked at in the order they were given. Delays add up; the first other action that matches is the call's fate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from findr.sandbox.matching import BadRule, MatchingRule, RuleBook

# What a rule says that gives no message.
UNKNOWN_ERROR = "An unknown error occurred"


@dataclass(slots=True)
class CallRule(MatchingRule):
    """One rule about calls. ``path`` is the path below the vendor's mount.

    ``account`` and ``operation`` are what the log says of the call; a vendor that says neither is struck by ``*`` alone.
    ``status``, ``type``, ``code``, ``message`` and ``headers`` say what is answered, in the vendor's own shape; a
    ``body`` is answered as it is. ``do_work``: the work is done all the same. ``store``: the answer is kept under the
    idempotency key.
    """

    PATTERNS: ClassVar[tuple[str, ...]] = ("vendor", "method", "path", "account", "operation")
    ACTIONS: ClassVar[tuple[str, ...]] = ("delay", "status", "drop_before", "drop_after", "hang")

    vendor: str = "*"
    method: str = "*"
    path: str = "*"
    account: str = "*"
    operation: str = "*"
    status: int = 500
    type: str | None = None
    code: str | None = None
    message: str = UNKNOWN_ERROR
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    do_work: bool = False
    store: bool = False

    @property
    def answers(self) -> bool:
        """Whether the caller hears anything."""
        return self.action == "status"

    @property
    def reaches_vendor(self) -> bool:
        """Whether the call arrives, so that the vendor works it, or at least has a say in the answer."""
        return self.do_work or self.action in ("status", "drop_after")

    def check(self) -> None:
        """BadRule for values that make no sense."""
        MatchingRule.check(self)
        if self.seconds < 0 or not 200 <= self.status <= 599:
            raise BadRule("Seconds are not negative, and a status is between 200 and 599.")
        self.headers = {str(name): str(value) for name, value in self.headers.items()}


@dataclass(slots=True)
class CallPlan:
    """What happens to one call: the seconds it waits, and the rule that decides its fate (None: it works normally)."""

    delay: float = 0.0
    fate: CallRule | None = None

    @property
    def name(self) -> str | None:
        """The misbehaviour in a word for the log, such as ``delay+drop_after``."""
        parts = ["delay"] if self.delay else []
        return "+".join([*parts, self.fate.action] if self.fate else parts) or None


class Misbehaviour:
    """The rules in force for calls."""

    def __init__(self) -> None:
        self.rules = RuleBook(CallRule)

    def plan(self, entry: Mapping[str, Any]) -> CallPlan:
        """Decide what happens to a call that the log describes so, and count it against the rules."""
        plan = CallPlan()
        for rule in self.rules.striking(**{name: entry.get(name) or "" for name in CallRule.PATTERNS}):
            if rule.action != "delay":
                plan.fate = rule
                break
            plan.delay += rule.seconds
        return plan
