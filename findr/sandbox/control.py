"""The control interface, JSON over HTTP and beside every mount: the vendors' truth, log, clock and misbehaviour.

What is below ``/__NAME/`` is the vendor's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from findr.sandbox.exchange import Answer, Misused, Request, given_json, given_number, json_answer
from findr.sandbox.matching import BadRule
from findr.sandbox.routes import Refusal, RouteTable, UnknownPath
from findr.sandbox.vendor import Vendor

if TYPE_CHECKING:
    from findr.sandbox.sandbox import Sandbox


class Control:
    """Answers control requests."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._tables = {name: RouteTable(vendor.control_routes()) for name, vendor in sandbox.vendors.items()}

    def answer(self, request: Request) -> Answer:
        """Answer one control request, and write what it changed."""
        name, _, below = request.path.removeprefix("/__").partition("/")
        vendor = self._sandbox.vendors.get(name)
        try:
            if vendor:
                return self._of_vendor(vendor, below, request)
            handler = HANDLERS.get((request.method, request.path))
            if handler is None:
                return _nothing(request)
            return json_answer(200, handler(self._sandbox, request))
        except (Misused, BadRule) as error:
            return json_answer(400, {"error": {"message": str(error)}})
        finally:
            self._sandbox.ledger.commit()

    def _of_vendor(self, vendor: Vendor, path: str, request: Request) -> Answer:
        try:
            _, handler, ids = self._tables[vendor.name].find(request.method, path)
        except UnknownPath:
            return _nothing(request)
        try:
            content = handler(request, *ids)
        except Refusal as refusal:
            return vendor.render(refusal)
        return content if isinstance(content, Answer) else json_answer(200, content)


def _nothing(request: Request) -> Answer:
    message = f"The sandbox's control interface has no {request.method} {request.path}."
    return json_answer(404, {"error": {"message": message}})


def _health(sandbox: Sandbox, _request: Request) -> Any:
    return {"status": "ok", "now": sandbox.clock.now()}


def _ledger(sandbox: Sandbox, _request: Request) -> Any:
    return {"now": sandbox.clock.now(), **{name: vendor.view() for name, vendor in sandbox.vendors.items()}}


def _log(sandbox: Sandbox, request: Request) -> Any:
    return {"calls": sandbox.log.since(given_number(request, "since"))}


def _reset(sandbox: Sandbox, request: Request) -> Any:
    offset = _given_offset(request) if request.body else 0
    sandbox.reset()
    if offset:
        sandbox.move_clock(offset)
    return {"reset": True}


def _misbehave(sandbox: Sandbox, request: Request) -> Any:
    return {"rules": [asdict(rule) for rule in sandbox.misbehaviour.rules.add(given_json(request))]}


def _behave(sandbox: Sandbox, _request: Request) -> Any:
    sandbox.misbehaviour.rules.clear()
    return {"rules": []}


def _clock(sandbox: Sandbox, _request: Request) -> Any:
    return {"now": sandbox.clock.now(), "offset_seconds": sandbox.clock.offset_seconds}


def _move_clock(sandbox: Sandbox, request: Request) -> Any:
    sandbox.move_clock(_given_offset(request))
    return _clock(sandbox, request)


def _given_offset(request: Request) -> int:
    given = given_json(request)
    offset = given.get("offset_seconds") if isinstance(given, dict) else None
    if not isinstance(offset, int) or isinstance(offset, bool) or set(given) != {"offset_seconds"}:
        raise Misused('Send {"offset_seconds": n} with a whole number.')
    return offset


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
