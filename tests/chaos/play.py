"""Plays a plan: everybody takes their part in a thread of their own, while this one breaks what the plan says."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from chaos.calendars import calendar_of
from chaos.diaries import DiariesPart
from chaos.diary import Diary
from chaos.outages import Outage, of_a_moment
from chaos.patients import PatientsPart
from chaos.people import People, Somebody
from chaos.phone import Phone, tag_of
from chaos.plan import ChangeKind, Expiry, Fault, Journey, Jump, Plan
from chaos.practices import PracticesPart
from chaos.world import World

from findr import clock
from findr.sandbox.client import ControlRefused

TICK_SECONDS = 0.05
LEAVE_SECONDS = 120.0
# To which intents something can happen from outside.
FIT = {
    "lapse": "requires_capture",
    "cancel": "requires_capture",
    "capture": "requires_capture",
    "refund": "succeeded",
    "part": "succeeded",
}


@dataclass
class Play:
    """One run on one world."""

    plan: Plan
    world: World
    people: People
    diary: Diary = field(default_factory=Diary)
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    touched: dict[str, str] = field(default_factory=dict)
    # At which moments, and how far ahead the clock was from then on, in seconds.
    jumped: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first_day = clock.now().date()

    def run(self) -> None:
        """From the first journey to the last; returns when everybody has left the stage."""
        journeys = {tag_of(journey): journey for journey in self.plan.journeys}
        self.diaries = DiariesPart(self.people.practices, self.world, self.diary)
        desks = [PracticesPart(self._phone(practice), journeys, self.first_day) for practice in self.people.practices]
        for desk in desks:
            self._enter(desk.play, desk.phone.owner.name)
        agenda = self._agenda()
        self.world.sandbox.misbehave({"action": "delay", "seconds": self.plan.latency, "times": None})
        began = time.monotonic()
        while (now := time.monotonic() - began) < self.plan.seconds:
            self.world.tend()
            while agenda and agenda[0][0] <= now:
                agenda.pop(0)[1]()
            time.sleep(TICK_SECONDS)
        self.end()

    def end(self) -> None:
        """The vendors behave, everything is started, and everybody finishes their call and leaves."""
        self.world.sandbox.behave()
        self.world.sandbox.stripe.webhooks.behave()
        for vendor in (self.world.sandbox.google, self.world.sandbox.microsoft):
            vendor.pushes.behave()
        for outage in self.world.outages:
            if outage.kind == "vendor misbehaves":
                outage.ended = time.monotonic()
        self.world.everything_up()
        self.over.set()
        deadline = time.monotonic() + LEAVE_SECONDS
        for thread in self.threads:
            while thread.is_alive() and time.monotonic() < deadline:
                self.world.tend()
                thread.join(TICK_SECONDS)
            if thread.is_alive():
                self.diary.trouble(f"{thread.name} does not end")
        self.world.everything_up()

    # --- The agenda ------------------------------------------------------------------------------------------------------
    def _agenda(self) -> list[tuple[float, Callable[[], None]]]:
        plan, world = self.plan, self.world
        items: list[tuple[float, Callable[[], None]]] = [
            *((one.at, partial(self._set_out, one)) for one in plan.journeys),
            *((one.at, partial(world.freeze if one.freezes else world.kill, one.target)) for one in plan.kills),
            *((one.at + one.seconds, partial(world.revive, one.target)) for one in plan.kills),
            *((one.at, partial(self._misbehave, one)) for one in plan.faults),
            *((one.at, partial(self.diaries.enter, one)) for one in plan.times.entries),
            *((one.at, partial(self.diaries.spoil, one)) for one in plan.times.push_faults),
            *((one.at, partial(self.diaries.forget, one)) for one in plan.times.forgetting),
            *((one.at, partial(self._happen, one)) for one in plan.happenings),
            *((one.at, partial(self.let_pass, one)) for one in plan.jumps),
            *((one.at, partial(self._expire_tokens, one)) for one in plan.tokens_expire),
        ]
        return sorted(items, key=lambda item: item[0])

    def _set_out(self, journey: Journey) -> None:
        practice = self.people.practices[journey.practice]
        phone = self._phone(self.people.patients[journey.patient])
        part = PatientsPart(
            journey, practice, phone, self.world.sandbox, self.first_day, self.plan.times.reserving.get(journey.number)
        )
        self.diary.count("journeys")
        self._enter(part.play, tag_of(journey))

    def _misbehave(self, fault: Fault) -> None:
        vendor = self.world.sandbox.stripe.webhooks if fault.is_webhook else self.world.sandbox
        if not fault.is_webhook:
            self.world.outages.append(Outage("vendor", time.monotonic(), how="misbehaves"))
        vendor.misbehave(fault.rule)
        self.diary.count(f"fault {fault.kind}")

    def _happen(self, happening: ChangeKind) -> None:
        sandbox = self.world.sandbox
        fit = [
            intent
            for intent in sandbox.stripe.ledger()["payment_intents"].values()
            if intent["status"] == FIT[happening.kind] and intent["id"] not in self.touched
        ]
        if not fit:
            return
        intent = fit[int(happening.pick * len(fit))]
        acts: dict[str, Callable[[], Any]] = {
            "lapse": lambda: sandbox.stripe.lapse(intent["id"]),
            "cancel": lambda: sandbox.stripe.cancel(intent["id"]),
            "capture": lambda: sandbox.stripe.capture(intent["id"]),
            "refund": lambda: sandbox.stripe.refund(intent["id"]),
            "part": lambda: sandbox.stripe.refund(intent["id"], amount=1234),
        }
        try:
            acts[happening.kind]()
        except ControlRefused:
            return  # Refunded already, or findr was quicker.
        self.touched[intent["id"]] = happening.kind
        self.world.outages.append(of_a_moment("vendor", happening.kind))
        self.diary.count(f"happening {happening.kind}")

    def _expire_tokens(self, expiry: Expiry) -> None:
        calendar = calendar_of(self.people.practices[expiry.practice], self.world.sandbox)
        if calendar:
            calendar.accounts.expire_tokens(calendar.email)
            self.diary.count("tokens expired")

    def let_pass(self, jump: Jump) -> None:
        """Move both clocks forward."""
        to = clock.offset() + timedelta(hours=jump.hours)
        self.jumped.append((time.monotonic(), to.total_seconds()))
        self.world.outages.append(of_a_moment("clock", "moved"))
        clock.move(to)
        self.world.sandbox.move_clock(round(to.total_seconds()))
        self.diary.count("clock jumps")

    def machine_moment(self, at: float) -> float:
        """A moment of the vendors' clock, in seconds since the epoch, on the machine's monotonic one."""
        began = clock.now().timestamp() - clock.offset().total_seconds() - time.monotonic()
        moments = [(since, at - began - offset) for since, offset in [(0.0, 0.0), *self.jumped]]
        # It was after the last jump that it can have been after; the vendors' clock has whole seconds.
        return next(moment for since, moment in reversed(moments) if moment >= since - 1.0)

    # --- The players -----------------------------------------------------------------------------------------------------
    def _phone(self, owner: Somebody) -> Phone:
        return Phone(owner, self.world.port, self.diary, self.over)

    def _enter(self, part: Callable[[], None], name: str) -> None:
        def guarded() -> None:
            try:
                part()
            except Exception as problem:
                self.diary.trouble(f"{name}: {type(problem).__name__}: {problem}")

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self.threads.append(thread)
        thread.start()
