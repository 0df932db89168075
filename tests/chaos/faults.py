"""How the vendors misbehave: rules of the sandbox for calls, for calendars' calls and for webhooks, drawn by weight."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

CREATE, ONE, LIST = "/v1/payment_intents", "/v1/payment_intents/*", "/v1/payment_intents"
CALLS = {
    ("POST", CREATE): 5,
    ("POST", ONE + "/capture"): 5,
    ("POST", ONE + "/cancel"): 4,
    ("POST", "/v1/refunds"): 3,
    ("GET", ONE): 2,
    ("GET", LIST): 1,
    ("*", "*"): 2,
}
CALENDAR_CALLS = {
    ("google", "channels.*"): 1,
    ("microsoft", "calendarView*"): 3,
    ("microsoft", "subscriptions.*"): 2,
    ("google", "freebusy.query"): 3,
    ("google", "events.*"): 5,
    ("google", "oauth.*"): 1,
    ("microsoft", "getSchedule"): 3,
    ("microsoft", "events.*"): 5,
    ("microsoft", "oauth.*"): 1,
}
FCM_CALLS = {"messages.send": 8, "oauth.token": 1}
# What is told by another way as well, and may get lost without anybody having to know of it.
TOLD_TWICE = ("payment_intent.created", "payment_intent.amount_capturable_updated", "payment_intent.requires_action")


@dataclass(frozen=True)
class Fault:
    """The vendor misbehaves: one rule of the sandbox, for its calls or for its webhooks."""

    at: float
    kind: str
    rule: dict[str, Any] = field(hash=False)
    is_webhook: bool = False


def weighed(draw: Random, weights: dict[Any, int]) -> Any:
    return draw.choices(list(weights), list(weights.values()))[0]


def fault(draw: Random, at: float) -> Fault:
    if draw.random() < 0.3:
        return webhook_fault(draw, at)
    method, path = weighed(draw, CALLS)
    kind, rule = _one_of_many(draw)
    whole = {"method": method, "path": path, "times": draw.randint(1, 4), "skip": draw.randint(0, 2), **rule}
    return Fault(at, kind, whole)


def _one_of_many(draw: Random) -> tuple[str, dict[str, Any]]:
    did, kept = draw.random() < 0.5, draw.random() < 0.5
    effect = f"{' done' if did else ''}{' kept' if kept else ''}"
    work = {"action": "status", "do_work": did, "store": kept}
    busy = {"type": "invalid_request_error", "code": "lock_timeout", "status": 409}
    faults: dict[str, tuple[int, dict[str, Any]]] = {
        "delay": (4, {"action": "delay", "seconds": round(draw.uniform(0.1, 1.2), 2)}),
        "too slow": (3, {"action": "delay", "seconds": round(draw.uniform(2.2, 3.5), 2)}),
        f"500{effect}": (6, {**work, "status": 500}),
        f"503{effect}": (1, {**work, "status": 503}),
        "429": (2, {"action": "status", "status": 429, "type": "rate_limit_error", "headers": {"Retry-After": "1"}}),
        "409": (2, {"action": "status", **busy}),
        "drop before": (4, {"action": "drop_before"}),
        "drop after": (6, {"action": "drop_after"}),
        "hang": (2, {"action": "hang", "seconds": round(draw.uniform(2.0, 4.0), 2)}),
        "hang done": (2, {"action": "hang", "seconds": round(draw.uniform(2.0, 4.0), 2), "do_work": True}),
    }
    kind = weighed(draw, {name: weight for name, (weight, _) in faults.items()})
    return kind, faults[kind][1]


def calendar_fault(draw: Random, at: float) -> Fault:
    vendor, operation = weighed(draw, CALENDAR_CALLS)
    kind, rule = _one_of_many(draw)
    if kind == "409":  # Of a calendar it says something else: that the event is there.
        kind, rule = "429", {"action": "status", "status": 429, "headers": {"Retry-After": "1"}}
    meant = {"vendor": vendor, "operation": operation, "times": draw.randint(1, 3), "skip": draw.randint(0, 1)}
    return Fault(at, f"{vendor} {kind}", {**rule, "store": False, **meant})


def fcm_fault(draw: Random, at: float) -> Fault:
    """None that is final: a phone that is gone hears of nothing any more."""
    kind, rule = _one_of_many(draw)
    if kind == "409":  # It has none.
        kind, rule = "429", {"action": "status", "status": 429, "headers": {"Retry-After": "1"}}
    meant = {"vendor": "fcm", "operation": weighed(draw, FCM_CALLS), "times": draw.randint(1, 6)}
    return Fault(at, f"fcm {kind}", {**rule, "store": False, **meant})


def webhook_fault(draw: Random, at: float) -> Fault:
    rules: dict[str, dict[str, Any]] = {
        "duplicate": {"action": "duplicate", "count": draw.randint(2, 4)},
        "reorder": {"action": "reorder", "count": draw.randint(2, 4)},
        "delay": {"action": "delay", "seconds": round(draw.uniform(0.5, 6), 2)},
        "drop": {"action": "drop", "type": draw.choice(TOLD_TWICE)},
        "forge": {"action": "forge"},
        "postdate": {"action": "postdate", "seconds": draw.choice((-900, 900))},
    }
    kind = weighed(draw, {"duplicate": 4, "reorder": 4, "delay": 4, "drop": 3, "forge": 1, "postdate": 1})
    return Fault(at, f"webhook {kind}", {"times": draw.randint(1, 6), **rules[kind]}, is_webhook=True)
