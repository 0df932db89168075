"""The control interface, JSON over HTTP and never under /v1: the vendors' truth, their log, clock and misbehaviour."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from findr.sandbox.misbehaviour import BadRule
from findr.sandbox.stripe.errors import Refusal
from findr.sandbox.stripe.happenings import FIELDS, HAPPENINGS
from findr.sandbox.stripe.view import ledger_view
from findr.sandbox.wire import Answer, Request, json_answer

if TYPE_CHECKING:
    from findr.sandbox.sandbox import Sandbox


class Misused(Exception):
    """A control request that makes no sense; the text says why."""


def control(sandbox: Sandbox, request: Request) -> Answer:
    """Answer one control request."""
    try:
        handler = HANDLERS.get((request.method, request.path))
        if handler:
            return json_answer(200, handler(sandbox, request))
        if request.method == "POST" and request.path.startswith("/__stripe/payment_intents/"):
            return json_answer(200, _happen(sandbox, request))
    except (Misused, BadRule) as error:
        return json_answer(400, {"error": {"message": str(error)}})
    except Refusal as refusal:
        return json_answer(refusal.status, {"error": refusal.error})
    finally:
        sandbox.ledger.commit()
    message = f"The sandbox's control interface has no {request.method} {request.path}."
    return json_answer(404, {"error": {"message": message}})


def _given(request: Request) -> Any:
    try:
        return json.loads(request.body or b"{}")
    except ValueError as error:
        raise Misused("The body is not JSON.") from error


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
    return {"rules": [asdict(rule) for rule in sandbox.misbehaviour.add(_given(request))]}


def _behave(sandbox: Sandbox, _request: Request) -> Any:
    sandbox.misbehaviour.clear()
    return {"rules": []}


def _clock(sandbox: Sandbox, _request: Request) -> Any:
    return {"now": sandbox.clock.now(), "offset_seconds": sandbox.clock.offset_seconds}


def _move_clock(sandbox: Sandbox, request: Request) -> Any:
    given = _given(request)
    offset = given.get("offset_seconds") if isinstance(given, dict) else None
    if not isinstance(offset, int) or isinstance(offset, bool) or set(given) != {"offset_seconds"}:
        raise Misused('Send {"offset_seconds": n} with a whole number.')
    sandbox.move_clock(offset)
    return _clock(sandbox, request)


def _happen(sandbox: Sandbox, request: Request) -> Any:
    parts = request.path.split("/")
    happening = HAPPENINGS.get(parts[-1]) if len(parts) == 5 else None
    if happening is None:
        raise Misused(f"What can happen to an intent: {', '.join(HAPPENINGS)}.")
    given = _given(request)
    fields = FIELDS.get(parts[-1], {})
    if not isinstance(given, dict) or any(not isinstance(value, fields.get(name, ())) for name, value in given.items()):
        raise Misused(f"{parts[-1]} takes {', '.join(fields) or 'nothing'}.")
    account = sandbox.stripe.account
    return happening(account, account.fetch("payment_intent", parts[3]), given)


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
