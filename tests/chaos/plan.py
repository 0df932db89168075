"""The plan of a run, drawn from its seed before anything happens: who asks for what, who answers how, and what breaks.

Nothing here knows the time or the network. The same seed is the same plan, so that a run can be played again.
"""

from dataclasses import dataclass
from random import Random

from chaos.faults import Fault, calendar_fault, fault, fcm_fault, weighed
from chaos.times import TimesPlan, plan_times

PATIENTS, PRACTICES = 50, 10
# How often each practice with a calendar is busy in it.
BUSY_TIMES = 8
JOURNEYS_PER_SECOND = 2.0
SECONDS_PER_KILL, SECONDS_PER_FAULT, SECONDS_PER_HAPPENING, SECONDS_PER_JUMP = 5.0, 1.6, 4.0, 20.0
SECONDS_PER_CALENDAR_FAULT, SECONDS_PER_EXPIRED_TOKEN, SECONDS_PER_FCM_FAULT = 4.0, 6.0, 4.0
# "sessions" are PostgreSQL's: it stays, and ends every connection but the one by which the worker is woken.
TARGETS = {"web": 4, "worker": 3, "postgres": 2, "sessions": 2, "redis": 1}
# All jumps of a run together stay below a day: the keys of both sides are remembered that long.
MOST_HOURS = 20.0
# Of those that are stopped, so many only freeze: they go on later, and do not know that their leases are over.
FROZEN_OF_TEN = 2
FREEZE_SECONDS = (7.0, 10.0)

# How a call is made: once, again after its answer, twice at one moment, or twice at one moment as two different calls.
HOWS = {"once": 70, "again": 10, "at_once": 12, "other_key": 8}
SERVICES = {"short": 3, "hour": 5, "free": 1}
CARDS = {
    "pm_card_visa": 70,
    "pm_card_visa_chargeDeclined": 7,
    "pm_card_authenticationRequired": 9,
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": 2,
    "pm_card_captureRefused": 6,
    "pm_card_holdLapses": 4,
    "pm_card_pendingRefund": 2,
}
ANSWERS = {"confirm": 46, "confirm_and_decline": 6, "decline": 10, "suggest": 24, "nothing": 14}
REPLIES = {"accept": 56, "accept_and_cancel": 8, "decline": 12, "cancel": 10, "nothing": 14}
AUTHENTICATIONS = {"pass": 60, "fail": 20, "nothing": 20}


@dataclass(frozen=True)
class Wall:
    """A wall time at the practice, so many days after the run's first."""

    days: int
    hour: int
    minute: int


@dataclass(frozen=True)
class Journey:
    """One patient's wish, and what each side does about it. Pauses are seconds after learning that it is their turn.

    Attributes:
        cancel_after: seconds after asking; None if the patient does not call it off of their own accord.
        called_off_after: seconds after the visit was confirmed; None if the practice stands by it.
    """

    number: int
    at: float
    patient: int
    practice: int
    with_member: bool
    service: str
    wall: Wall
    card: str
    how: str
    authentication: str
    answer: str
    answer_how: str
    answer_pause: float
    suggestions: tuple[Wall, ...]
    reply: str
    reply_how: str
    reply_pause: float
    pick: float
    cancel_after: float | None
    called_off_after: float | None


@dataclass(frozen=True)
class Kill:
    """A process dies without warning, and is started again so many seconds later; or it only freezes for so long."""

    at: float
    target: str
    seconds: float
    freezes: bool = False


@dataclass(frozen=True)
class ChangeKind:
    """Somebody does something at the vendor, to one of the intents to which it can be done: `pick` chooses it."""

    at: float
    kind: str
    pick: float


@dataclass(frozen=True)
class Expiry:
    """The access tokens of a practice's calendar are too old from now on."""

    at: float
    practice: int


@dataclass(frozen=True)
class Busy:
    """The practice has something else to do then, for so many hours."""

    practice: int
    wall: Wall
    hours: int


@dataclass(frozen=True)
class Jump:
    """Time passes: findr's clock and the vendor's."""

    at: float
    hours: float


@dataclass(frozen=True)
class Plan:
    """Everything that is going to happen.

    Attributes:
        latency: seconds that each call to the vendor takes at least: most kills should meet one that is on its way.
    """

    seed: int
    seconds: float
    latency: float
    journeys: tuple[Journey, ...]
    kills: tuple[Kill, ...]
    faults: tuple[Fault, ...]
    happenings: tuple[ChangeKind, ...]
    jumps: tuple[Jump, ...]
    tokens_expire: tuple[Expiry, ...]
    busy: tuple[Busy, ...]
    times: TimesPlan


def make_plan(seed: int, seconds: float) -> Plan:
    """The plan of a run of so many seconds."""
    draw = Random(seed)
    hot = [(draw.randrange(PRACTICES), _wall(draw)) for _ in range(max(6, int(seconds / 4)))]
    return Plan(
        seed=seed,
        seconds=seconds,
        latency=round(draw.uniform(0.05, 0.5), 2),
        journeys=tuple(
            _journey(draw, number, at, hot)
            for number, at in enumerate(_moments(draw, seconds, 1 / JOURNEYS_PER_SECOND))
        ),
        kills=_kills(draw, seconds),
        faults=(
            *(fault(draw, at) for at in _moments(draw, seconds, SECONDS_PER_FAULT)),
            *(calendar_fault(draw, at) for at in _moments(draw, seconds, SECONDS_PER_CALENDAR_FAULT)),
            *(fcm_fault(draw, at) for at in _moments(draw, seconds, SECONDS_PER_FCM_FAULT)),
        ),
        happenings=tuple(
            ChangeKind(
                at, weighed(draw, {"lapse": 3, "cancel": 2, "capture": 2, "refund": 2, "part": 2}), draw.random()
            )
            for at in _moments(draw, seconds, SECONDS_PER_HAPPENING)
        ),
        jumps=_jumps(draw, seconds),
        tokens_expire=tuple(
            Expiry(at, draw.randrange(PRACTICES)) for at in _moments(draw, seconds, SECONDS_PER_EXPIRED_TOKEN)
        ),
        busy=tuple(
            Busy(practice, _wall(draw), draw.choice((1, 1, 2, 4)))
            for practice in range(PRACTICES)
            for _ in range(BUSY_TIMES)
        ),
        times=plan_times(seed, seconds, journeys=max(1, round(seconds * JOURNEYS_PER_SECOND)), practices=PRACTICES),
    )


def _moments(draw: Random, seconds: float, apart: float) -> list[float]:
    """Moments at random, on average so far apart; the last part of a run is left to what has begun."""
    return sorted(round(draw.uniform(0.5, seconds * 0.9), 2) for _ in range(max(1, round(seconds / apart))))


def _wall(draw: Random) -> Wall:
    return Wall(draw.randint(1, 6), draw.randint(8, 16), draw.choice((0, 15, 30, 45)))


def _journey(draw: Random, number: int, at: float, hot: list[tuple[int, Wall]]) -> Journey:
    practice, wall = draw.choice(hot) if draw.random() < 0.6 else (draw.randrange(PRACTICES), _wall(draw))
    there = [one for whose, one in hot if whose == practice] or [wall]
    others = [draw.choice(there) if draw.random() < 0.4 else _wall(draw) for _ in range(draw.randint(1, 3))]
    service = weighed(draw, SERVICES)
    return Journey(
        number=number,
        at=at,
        patient=draw.randrange(PATIENTS),
        practice=practice,
        with_member=draw.random() < 0.2,
        service=service,
        wall=wall,
        card=weighed(draw, CARDS),
        how=weighed(draw, HOWS),
        authentication=weighed(draw, AUTHENTICATIONS),
        answer=weighed(draw, ANSWERS),
        answer_how=weighed(draw, HOWS),
        answer_pause=round(draw.uniform(0, 2.5), 2),
        suggestions=tuple(dict.fromkeys(others)),
        reply=weighed(draw, REPLIES),
        reply_how=weighed(draw, HOWS),
        reply_pause=round(draw.uniform(0, 2.0), 2),
        pick=draw.random(),
        cancel_after=round(draw.uniform(0, 8), 2) if draw.random() < 0.22 else None,
        called_off_after=round(draw.uniform(0, 4), 2) if draw.random() < 0.12 else None,
    )


def _kills(draw: Random, seconds: float) -> tuple[Kill, ...]:
    """Dealt like cards, so that no target is forgotten; one that has just come back is left alone for a while."""
    kills, pack = [], []
    free_from = dict.fromkeys(TARGETS, 2.0)
    for at in _moments(draw, seconds, SECONDS_PER_KILL):
        pack = pack or draw.sample(list(TARGETS), counts=list(TARGETS.values()), k=sum(TARGETS.values()))
        target = next((one for one in pack if at >= free_from[one]), None)
        if target is None:
            continue
        pack.remove(target)
        freezes = target in ("web", "worker") and draw.randrange(10) < FROZEN_OF_TEN
        pause = draw.uniform(*FREEZE_SECONDS) if freezes else draw.choice((0.0, 0.5, draw.uniform(1, 4)))
        kills.append(Kill(at, target, round(pause, 2), freezes))
        free_from[target] = at + pause + 5.0
    return tuple(kills)


def _jumps(draw: Random, seconds: float) -> tuple[Jump, ...]:
    moments, left = _moments(draw, seconds, SECONDS_PER_JUMP), MOST_HOURS
    jumps = []
    for at in moments:
        # Either so long that requests expire, or so short that only leases end, under the hands of who has them.
        hours = round(draw.uniform(0.3, 6.0) if draw.random() < 0.4 else draw.uniform(5, 120) / 3600, 4)
        if at > 5 and hours <= left:
            jumps.append(Jump(at, hours))
            left -= hours
    return tuple(jumps)
