"""How deliveries are made to misbehave: rules that hold, drop, delay, multiply, reorder or spoil matching notices.

Every rule that matches a notice applies to it. Holding and dropping come before everything else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from findr.sandbox.deliveries.notice import Notice
from findr.sandbox.matching import BadRule, MatchingRule, RuleBook


@dataclass(slots=True)
class DeliveryRule(MatchingRule):
    """One rule about deliveries. ``type`` and ``to`` are patterns for a notice's type and receiver.

    ``seconds``: the delay, or what the vendor makes of them when it spoils a delivery. ``count``: how often a duplicated
    notice is sent, or how many are gathered to be sent in reverse order (``times`` then counts such batches).
    """

    PATTERNS: ClassVar[tuple[str, ...]] = ("type", "to")
    ACTIONS: ClassVar[tuple[str, ...]] = ("hold", "drop", "delay", "duplicate", "reorder")

    type: str = "*"
    to: str = "*"
    count: int = 2

    def check(self) -> None:
        """BadRule for values that make no sense."""
        MatchingRule.check(self)
        if self.count < 1 or (self.seconds < 0 and self.action in self.ACTIONS):
            raise BadRule("Seconds are not negative (but where they shift a time), and count is at least 1.")
        if self.action == "reorder" and self.times is not None:
            self.times *= self.count


@dataclass(slots=True)
class DeliveryPlan:
    """What happens to one notice's delivery."""

    held: bool = False
    dropped: bool = False
    delay: float = 0.0
    copies: int = 1
    batch: DeliveryRule | None = None
    spoils: dict[str, float] = field(default_factory=dict)


class DeliveryRules(RuleBook[DeliveryRule]):
    """The rules in force for deliveries. ``spoils``: the actions with which the vendor spoils its own."""

    def __init__(self, spoils: tuple[str, ...]) -> None:
        super().__init__(DeliveryRule, spoils)

    def plan(self, notice: Notice) -> DeliveryPlan:
        """Decide what happens to a notice, and count it against the rules."""
        plan = DeliveryPlan()
        for rule in self.striking(type=notice.type, to=notice.to):
            _apply(rule, plan)
        return plan


def _apply(rule: DeliveryRule, plan: DeliveryPlan) -> None:
    if rule.action == "delay":
        plan.delay += rule.seconds
    elif rule.action == "duplicate":
        plan.copies = rule.count
    elif rule.action == "reorder":
        plan.batch = rule
    elif rule.action in rule.ACTIONS:
        plan.held |= rule.action == "hold"
        plan.dropped |= rule.action == "drop"
    else:
        plan.spoils[rule.action] = rule.seconds
