"""The sandbox itself: takes a request, lets it misbehave if it must, and has a vendor or the control answer it."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from findr.sandbox.calls import Call, CallLog
from findr.sandbox.clock import Clock
from findr.sandbox.control import control
from findr.sandbox.ledger import Ledger
from findr.sandbox.misbehaviour import Misbehaviour, Rule
from findr.sandbox.server import Respond
from findr.sandbox.stripe.vendor import Stripe, Ticket
from findr.sandbox.wire import Answer, Request, json_answer


class Sandbox:
    """All vendors on one port, with one ledger and one clock."""

    def __init__(self, state: Path | None = None) -> None:
        self.ledger = Ledger(state)
        kept = self.ledger.get("_clock", "clock")
        self.clock = Clock(kept["offset_seconds"] if kept else 0)
        self.log = CallLog()
        self.misbehaviour = Misbehaviour()
        self.stripe = Stripe(self.ledger, self.clock)
        self._life = 0

    def receive(self, request: Request, respond: Respond) -> None:
        """Answer one request, now or when its delay is over."""
        if request.path.startswith("/v1/"):
            _guarded(lambda: self._vendor_call(request, respond), respond)
        elif request.path.startswith("/__"):
            _guarded(lambda: respond(control(self, request)), respond)
        else:
            respond(json_answer(404, {"error": {"message": f"The sandbox serves nothing at {request.path}."}}))

    def _vendor_call(self, request: Request, respond: Respond) -> None:
        plan = self.misbehaviour.plan(request.method, request.path)
        ticket = self.stripe.admit(request)
        call = self.log.open(self.stripe.describe(ticket), plan.name)
        life = self._life

        def go_on() -> None:
            # Whatever still waits when everything is forgotten is forgotten too.
            if life == self._life:
                _guarded(lambda: self._meet_fate(ticket, plan.fate, call, respond), respond)
            else:
                respond(None)

        # A refused key or caller is told at once; only work waits.
        _later(0 if ticket.refusal else plan.delay, go_on)

    def _meet_fate(self, ticket: Ticket, fate: Rule | None, call: Call, respond: Respond) -> None:
        answer: Answer | None = None
        if fate is None or fate.action == "status":
            answer = self.stripe.carry_out(ticket, instead=fate)
        elif fate.action == "drop_after" or fate.do_work:
            self.stripe.carry_out(ticket)
        else:
            self.stripe.abandon(ticket)

        def answer_now() -> None:
            call.close(answer)
            respond(answer)

        _later(fate.seconds if fate and fate.action == "hang" else 0, answer_now)

    def move_clock(self, offset_seconds: int) -> None:
        """Set how far the sandbox's clock is from the machine's; kept with the ledger, whose times it made."""
        self.clock.offset_seconds = offset_seconds
        self.ledger.put("_clock", {"id": "clock", "offset_seconds": offset_seconds})
        self.stripe.account.expire_all()

    def start(self, base_url: str) -> None:
        """Served at this address from now on; webhooks that an earlier run still owed are sent."""
        self.stripe.account.base_url = base_url
        self.stripe.webhooks.start()

    def reset(self) -> None:
        """Forget everything, as if newly started with nothing."""
        self._life += 1
        self.ledger.reset()
        self.stripe.reset()
        self.log.reset()
        self.misbehaviour.clear()
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
        respond(
            json_answer(500, {"error": {"type": "api_error", "message": "The sandbox itself failed; see its log."}})
        )


def _later(seconds: float, then: Callable[[], None]) -> None:
    if seconds > 0:
        asyncio.get_running_loop().call_later(seconds, then)
    else:
        then()
