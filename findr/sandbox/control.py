"""The control interface, JSON over HTTP and never under /v1: the vendors' truth, their log, clock and misbehaviour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from findr.sandbox.misbehaviour import BadRule
from findr.sandbox.stripe.control import stripe_control
from findr.sandbox.stripe.errors import Refusal
from findr.sandbox.stripe.view import ledger_view
from findr.sandbox.wire import Answer, Misused, Request, given_json, json_answer

if TYPE_CHECKING:
    from findr.sandbox.sandbox import Sandbox


def control(sandbox: Sandbox, request: Request) -> Answer:
    """Answer one control request."""
    try:
        handler = HANDLERS.get((request.method, request.path))
        if handler:
            return json_answer(200, handler(sandbox, request))
        answer = stripe_control(sandbox.stripe, request) if request.path.startswith("/__stripe/") else None
        if answer:
            return answer
    except (Misused, BadRule) as error:
        return json_answer(400, {"error": {"message": str(error)}})
    except Refusal as refusal:
        return json_answer(refusal.status, {"error": refusal.error})
    finally:
        sandbox.ledger.commit()
    message = f"The sandbox's control interface has no {request.method} {request.path}."
    return json_answer(404, {"error": {"message": message}})


def _health(sandbox: Sandbox, _request: Request) -> Any:
    return {"status": "ok", "now": sandbox.clock.now()}


def _ledger(sandbox: Sandbox, _request: Request) -> Any:
    return {"now": sandbox.clock.now(), "stripe": ledger_view(sandbox.stripe.account)}


def _log(sandbox: Sandbox, request: Request) -> Any:
    since = parse_qs(request.query).get("since", ["0"])[0]
    if not since.isdecimal():
        raise Misused("since is a call's number n.")
    return {"calls": sandbox.log.since(int(since))}


def _reset(sandbox: Sandbox, _request: Request) -> Any:
    sandbox.reset()
    return {"reset": True}


def _misbehave(sandbox: Sandbox, request: Request) -> Any:
    return {"rules": [asdict(rule) for rule in sandbox.misbehaviour.add(given_json(request))]}


def _behave(sandbox: Sandbox, _request: Request) -> Any:
    sandbox.misbehaviour.clear()
    return {"rules": []}


def _clock(sandbox: Sandbox, _request: Request) -> Any:
    return {"now": sandbox.clock.now(), "offset_seconds": sandbox.clock.offset_seconds}


def _move_clock(sandbox: Sandbox, request: Request) -> Any:
    given = given_json(request)
    offset = given.get("offset_seconds") if isinstance(given, dict) else None
    if not isinstance(offset, int) or isinstance(offset, bool) or set(given) != {"offset_seconds"}:
        raise Misused('Send {"offset_seconds": n} with a whole number.')
    sandbox.move_clock(offset)
    return _clock(sandbox, request)


HANDLERS: dict[tuple[str, str], Callable[[Sandbox, Request], Any]] = {
    ("GET", "/__health"): _health,
    ("GET", "/__ledger"): _ledger,
    ("GET", "/__log"): _log,
    ("POST", "/__reset"): _reset,
    ("POST", "/__misbehave"): _misbehave,
    ("POST", "/__misbehave/clear"): _behave,
    ("GET", "/__clock"): _clock,
    ("POST", "/__clock"): _move_clock,
}
