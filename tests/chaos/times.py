"""The part of a plan that is about times: who reserves one before asking for it, and what people do in the practices' calendars.

Drawn from the run's seed, and apart from all else, so that the rest of a seed's plan stays what it was.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

SECONDS_PER_ENTRY, SECONDS_PER_PUSH_FAULT, SECONDS_PER_FORGETTING = 1.5, 6.0, 12.0
# Of a hundred journeys, so many begin with a reservation: then it is booked, or let go, or left to lapse.
RESERVING = {"book": 30, "book_by_name": 8, "release": 6, "leave": 8}
ENTRIES = {"book": 5, "series": 2, "move": 4, "remove": 3, "show": 2}
LOSSES = {"cursors": 3, "channels": 2}


@dataclass(frozen=True)
class Reserving:
    """What a patient does with the time that they have reserved, after a while, and how the call is made (`plan.HOWS`)."""

    then: str
    how: str
    pause: float


@dataclass(frozen=True)
class Entry:
    """Somebody enters something in a practice's calendar, or changes what was entered: `pick` chooses it."""

    at: float
    practice: int
    kind: str
    pick: float
    days: int
    quarter: int


@dataclass(frozen=True)
class PushFault:
    """Pushes of both vendors are lost, doubled or late."""

    at: float
    rule: Any


@dataclass(frozen=True)
class Forgetting:
    """The vendor forgets how far a practice's calendar was read, or that anybody watches it."""

    at: float
    practice: int
    what: str


@dataclass(frozen=True)
class TimesPlan:
    """See the module. `reserving`: by the journey's number."""

    reserving: dict[int, Reserving]
    entries: tuple[Entry, ...]
    push_faults: tuple[PushFault, ...]
    forgetting: tuple[Forgetting, ...]


def plan_times(seed: int, seconds: float, *, journeys: int, practices: int) -> TimesPlan:
    """That of a run with so many journeys and practices."""
    draw = Random(f"times {seed}")

    def moments(apart: float) -> list[float]:
        return sorted(round(draw.uniform(1.0, seconds * 0.9), 2) for _ in range(max(1, round(seconds / apart))))

    return TimesPlan(
        reserving={number: found for number in range(journeys) if (found := _reserving(draw))},
        entries=tuple(
            Entry(
                at,
                draw.randrange(practices),
                _of(draw, ENTRIES),
                draw.random(),
                draw.randint(1, 50),
                draw.randrange(48),
            )
            for at in moments(SECONDS_PER_ENTRY)
        ),
        push_faults=tuple(PushFault(at, _push_rule(draw)) for at in moments(SECONDS_PER_PUSH_FAULT)),
        forgetting=tuple(
            Forgetting(at, draw.randrange(practices), _of(draw, LOSSES)) for at in moments(SECONDS_PER_FORGETTING)
        ),
    )


def _reserving(draw: Random) -> Reserving | None:
    drawn = draw.randrange(100)
    for then, share in RESERVING.items():
        drawn -= share
        if drawn < 0:
            how = draw.choice(("once", "once", "once", "again", "at_once", "other_key"))
            return Reserving(then, how, round(draw.uniform(0, 4), 2))
    return None


def _push_rule(draw: Random) -> dict[str, Any]:
    rules: dict[str, dict[str, Any]] = {
        "drop": {"action": "drop"},
        "duplicate": {"action": "duplicate", "count": draw.randint(2, 5)},
        "delay": {"action": "delay", "seconds": round(draw.uniform(0.5, 5), 2)},
    }
    return {"times": draw.randint(1, 5), **rules[_of(draw, {"drop": 4, "duplicate": 3, "delay": 2})]}


def _of(draw: Random, weights: dict[str, int]) -> str:
    return draw.choices(list(weights), list(weights.values()))[0]
