"""The sandbox itself: takes a request, lets it misbehave if it must, and has a vendor or the control answer it."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from findr.sandbox.calls import Call, CallLog
from findr.sandbox.clock import Clock
from findr.sandbox.control import Control
from findr.sandbox.exchange import Answer, Request, json_answer
from findr.sandbox.ledger import Ledger
from findr.sandbox.misbehaviour import CallRule, Misbehaviour
from findr.sandbox.server import Respond
from findr.sandbox.vendor import Context, Vendor

# The sandbox's own part of the ledger.
OWN = "_sandbox"


class Sandbox:
    """All vendors on one port, each behind its mount, with one ledger and one clock."""

    def __init__(
        self, kinds: Iterable[type[Vendor]], state: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self.ledger = Ledger(state)
        self._own = self.ledger.of(OWN, {})
        kept = self._own.get("clock", "clock")
        self.clock = Clock(kept["offset_seconds"] if kept else 0)
        self.log = CallLog()
        self.misbehaviour = Misbehaviour()
        self.vendors: dict[str, Vendor] = {}
        self._contexts: list[Context] = []
        for kind in kinds:
            part = self.ledger.of(kind.name, kind.indexes)
            self._contexts.append(Context(part, self.clock, environ or {}, mount=kind.mount))
            self.vendors[kind.name] = kind(self._contexts[-1])
        self._mounts = {vendor.mount.removeprefix("/"): vendor for vendor in self.vendors.values()}
        self._control = Control(self)
        self._work: set[asyncio.Future[Answer]] = set()
        self._life = 0

    def receive(self, request: Request, respond: Respond) -> None:
        """Answer one request, now or when its delay is over."""
        if request.path.startswith("/__"):
            _guarded(lambda: respond(self._control.answer(request)), respond)
            return
        mount, _, below = request.path.removeprefix("/").partition("/")
        vendor = self._mounts.get(mount)
        if vendor is None:
            respond(self._unmounted(request))
            return
        own = replace(request, path=f"/{below}")
        _guarded(lambda: self._vendor_call(vendor, own, respond), respond)

    def _unmounted(self, request: Request) -> Answer:
        mounts = ", ".join(f"/{mount}" for mount in self._mounts)
        message = f"The sandbox serves nothing at {request.path}. Its vendors are below {mounts}, its control at /__."
        return json_answer(404, {"error": {"message": message}})

    def _vendor_call(self, vendor: Vendor, request: Request, respond: Respond) -> None:
        ticket = vendor.admit(request)
        entry = {"vendor": vendor.name, "method": request.method, "path": request.path, **vendor.describe(ticket)}
        plan = self.misbehaviour.plan(entry)
        call = self.log.arrived(entry, plan.name)

        def go_on() -> None:
            _guarded(lambda: self._meet_fate(vendor, ticket, plan.fate, call, respond), respond)

        # A refused key or caller is told at once; only work waits.
        _later(0 if ticket.refusal else plan.delay, self._while_alive(go_on, respond))

    def _while_alive(self, then: Callable[[], None], respond: Respond) -> Callable[[], None]:
        """The step, unless everything is forgotten meanwhile: then the call that waits for it is forgotten too."""
        life = self._life
        return lambda: then() if life == self._life else respond(None)

    def _meet_fate(self, vendor: Vendor, ticket: Any, fate: CallRule | None, call: Call, respond: Respond) -> None:
        silent = fate is not None and not fate.answers

        def close(answer: Answer | None) -> None:
            self.ledger.commit()
            said = None if silent else _as_the_rule_says(fate, answer)

            def answer_now() -> None:
                call.close(said)
                respond(said)

            _later(fate.seconds if fate and fate.action == "hang" else 0, answer_now)

        if fate and not fate.reaches_vendor:
            vendor.abandon(ticket)
            close(None)
            return
        worked = vendor.carry_out(ticket, instead=None if silent else fate)
        if isinstance(worked, Answer):
            close(worked)
        else:
            self._await(worked, close, respond)

    def _await(self, worked: Awaitable[Answer], then: Callable[[Answer], None], respond: Respond) -> None:
        """Go on when the vendor, which talks to somebody else first, has its answer."""
        task = asyncio.ensure_future(worked)
        self._work.add(task)

        def done(task: asyncio.Future[Answer]) -> None:
            self._work.discard(task)
            if task.cancelled():
                respond(None)
            else:
                _guarded(lambda: then(task.result()), respond)

        task.add_done_callback(done)

    def move_clock(self, offset_seconds: int) -> None:
        """Set how far the sandbox's clock is from the machine's; kept with the ledger, whose times it made."""
        self.clock.offset_seconds = offset_seconds
        self._own.put("clock", {"id": "clock", "offset_seconds": offset_seconds})
        for vendor in self.vendors.values():
            vendor.clock_moved()

    def start(self, base_url: str) -> None:
        """Served at this address from now on; what an earlier run still owed is sent."""
        for context in self._contexts:
            context.sandbox_url = base_url
        for vendor in self.vendors.values():
            vendor.start()

    def reset(self) -> None:
        """Forget everything, as if newly started with nothing."""
        self._life += 1
        for task in self._work:
            task.cancel()
        self.ledger.reset()
        for vendor in self.vendors.values():
            vendor.reset()
        self.log.reset()
        self.misbehaviour.rules.clear()
        self.clock.offset_seconds = 0

    def close(self) -> None:
        """Write what is left."""
        self.ledger.close()


def _guarded(work: Callable[[], None], respond: Respond) -> None:
    """Whatever goes wrong in the sandbox itself, the client gets an answer."""
    try:
        work()
    except Exception:
        traceback.print_exc(file=sys.stderr)
        respond(_failed())


def _as_the_rule_says(fate: CallRule | None, answer: Answer | None) -> Answer | None:
    """A body that a rule gives is no vendor's to shape."""
    if fate is None or fate.body is None or answer is None:
        return answer
    return Answer(fate.status, fate.body.encode(), {"Content-Type": "text/html", **fate.headers})


def _failed() -> Answer:
    return json_answer(500, {"error": {"message": "The sandbox itself failed; see its log."}})


def _later(seconds: float, then: Callable[[], None]) -> None:
    if seconds > 0:
        asyncio.get_running_loop().call_later(seconds, then)
    else:
        then()
