"""Stripe as the server sees it: who may call, idempotency, and the way from a request to an answer."""

from __future__ import annotations

import base64
import binascii
import sys
import traceback
from dataclasses import dataclass, field
from typing import Any

from findr.sandbox.clock import Clock
from findr.sandbox.ledger import Ledger
from findr.sandbox.misbehaviour import Rule
from findr.sandbox.stripe import API_VERSION
from findr.sandbox.stripe.account import NOBODY, Account
from findr.sandbox.stripe.ephemeral_keys import check_version
from findr.sandbox.stripe.errors import Refusal, error_body
from findr.sandbox.stripe.expansion import expanded
from findr.sandbox.stripe.forms import Form, read_form, readable
from findr.sandbox.stripe.idempotency import IdempotencyKeys, fingerprint
from findr.sandbox.stripe.routes import checked, find_operation
from findr.sandbox.stripe.shapes import new_id
from findr.sandbox.stripe.webhooks.dispatcher import Webhooks
from findr.sandbox.wire import Answer, Request, json_answer

ACCEPTED_KEYS = ("sk_test_", "rk_test_")


@dataclass(slots=True)
class Ticket:
    """One admitted call on its way. ``claimed``: it holds its idempotency key."""

    request: Request
    query: Form = field(default_factory=dict)
    form: Form = field(default_factory=dict)
    key: str | None = None
    claimed: bool = False
    refusal: Refusal | None = None

    def mark(self) -> str:
        """What another request under the same key is compared with."""
        return fingerprint(self.request.method, self.request.path, {**self.query, **self.form}) if self.key else ""


class Stripe:
    """The vendor: admits a call, carries it out, answers it."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.account = Account(ledger, clock)
        self.webhooks = Webhooks(ledger, clock)
        self.account.announce = self.webhooks.announce
        self._ledger = ledger
        self._keys = IdempotencyKeys(ledger, clock)

    def admit(self, request: Request) -> Ticket:
        """Read the call and claim its idempotency key. What is wrong is kept for ``carry_out`` to answer."""
        ticket = Ticket(request)
        try:
            ticket.key = request.headers.get("idempotency-key") if request.method == "POST" else None
            ticket.query = read_form(request.query)
            ticket.form = read_form(request.body.decode("utf-8", "replace"))
            _authenticate(request)
            if ticket.key:
                self._keys.claim(ticket.key)
                ticket.claimed = True
        except Refusal as refusal:
            ticket.refusal = refusal
        return ticket

    def describe(self, ticket: Ticket) -> dict[str, Any]:
        """The call for the log."""
        return {
            "method": ticket.request.method,
            "path": ticket.request.path,
            "query": readable(ticket.query),
            "form": readable(ticket.form),
            "idempotency_key": ticket.key,
        }

    def carry_out(self, ticket: Ticket, *, instead: Rule | None = None) -> Answer:
        """Do the work and answer it. A rule given ``instead`` answers in its place (and may be stored in its place)."""
        try:
            answer = self._answer(ticket, instead)
        except Refusal as refusal:
            answer = _refusal_answer(refusal)
        self._finish(ticket)
        answer.headers.setdefault("Stripe-Version", API_VERSION)
        if ticket.key:
            answer.headers.setdefault("Idempotency-Key", ticket.key)
        return answer

    def abandon(self, ticket: Ticket) -> None:
        """The call never reached Stripe; its key is free."""
        self._finish(ticket)

    def _finish(self, ticket: Ticket) -> None:
        if ticket.claimed and ticket.key:
            self._keys.let_go(ticket.key)
        self._ledger.commit()

    def _answer(self, ticket: Ticket, instead: Rule | None) -> Answer:
        if instead and not (instead.do_work or instead.store):
            return _misbehaved_answer(instead)
        if ticket.refusal:
            raise ticket.refusal
        key, mark = ticket.key, ticket.mark()
        known = self._keys.replay(key, mark) if key else None
        if known:
            known.headers["Request-Id"] = new_id("req")
            return _misbehaved_answer(instead) if instead else known
        said = _misbehaved_answer(instead) if instead else None
        remembered = said if instead and instead.store else None
        if instead is None or instead.do_work:
            answer, executed = self._execute(ticket)
            said = said or answer
            remembered = remembered or (answer if executed else None)
        if key and remembered:
            self._keys.store(key, mark, remembered)
        assert said  # noqa: S101  either a rule or the work spoke
        return said

    def _execute(self, ticket: Ticket) -> tuple[Answer, bool]:
        """The answer, and whether the endpoint ran."""
        executed = True
        self.account.cause = {"id": new_id("req"), "idempotency_key": ticket.key}
        try:
            answer = _work(self.account, ticket)
        except Refusal as refusal:
            answer, executed = _refusal_answer(refusal), refusal.executed
        except Exception:
            traceback.print_exc(file=sys.stderr)
            error = error_body("api_error", "The sandbox itself failed; see its log.")
            answer = _refusal_answer(Refusal(500, error))
        answer.headers["Request-Id"] = self.account.cause["id"]
        self.account.cause = NOBODY
        return answer, executed

    def reset(self) -> None:
        """Let go of every key and of every webhook on its way; the ledger is emptied by its owner."""
        self._keys.reset()
        self.webhooks.reset()


def _work(account: Account, ticket: Ticket) -> Answer:
    request = ticket.request
    found = find_operation(request.method, request.path.removeprefix("/v1/"))
    if found is None:
        message = f"Unrecognized request URL ({request.method}: {request.path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
        raise Refusal(404, error_body("invalid_request_error", message), executed=False)
    operation, ids, kind = found
    params = checked(operation, {**ticket.query, **ticket.form}, kind)
    expand = params.pop("expand", [])
    thing = operation.handler(account, params, *ids)
    return _answered(200, expanded(account, kind, thing, expand) if expand else thing)


def _authenticate(request: Request) -> None:
    """401 unless a secret test key is there (https://docs.stripe.com/api/authentication)."""
    scheme, _, word = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            word = base64.b64decode(word).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            word = ""
    if not word:
        message = "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        raise Refusal(401, error_body("invalid_request_error", message), executed=False)
    if not word.startswith(ACCEPTED_KEYS):
        message = f"Invalid API Key provided: {word[:8]}****{word[-4:]}"
        raise Refusal(401, error_body("invalid_request_error", message), executed=False)
    check_version(request.path, request.headers.get("stripe-version"))


def _answered(status: int, content: Any, headers: dict[str, str] | None = None) -> Answer:
    return json_answer(status, content, {"Request-Id": new_id("req"), **(headers or {})})


def _refusal_answer(refusal: Refusal) -> Answer:
    return _answered(refusal.status, {"error": refusal.error})


def _misbehaved_answer(rule: Rule) -> Answer:
    return _answered(rule.status, {"error": error_body(rule.type, rule.message, code=rule.code)}, rule.headers)
