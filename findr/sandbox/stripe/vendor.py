"""Stripe as the server sees it: who may call, idempotency, and the way from a request to an answer."""

from __future__ import annotations

import base64
import binascii
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from findr.sandbox.exchange import Answer, Request, json_answer
from findr.sandbox.misbehaviour import CallRule
from findr.sandbox.routes import Refusal
from findr.sandbox.stripe import API_VERSION
from findr.sandbox.stripe.account import INDEXES, NOBODY, Account
from findr.sandbox.stripe.client import StripeControl
from findr.sandbox.stripe.control import stripe_routes
from findr.sandbox.stripe.endpoint import Endpoint, read_endpoint
from findr.sandbox.stripe.ephemeral_keys import check_version
from findr.sandbox.stripe.errors import StripeRefusal, as_stripes, error_body
from findr.sandbox.stripe.expansion import expanded
from findr.sandbox.stripe.forms import Form, read_form, readable
from findr.sandbox.stripe.idempotency import IdempotencyKeys, fingerprint
from findr.sandbox.stripe.routes import find_operation, read_parameters
from findr.sandbox.stripe.shapes import new_id
from findr.sandbox.stripe.view import ledger_view
from findr.sandbox.stripe.webhooks import StripeWebhooks
from findr.sandbox.vendor import Context, ControlRoutes
from findr.sandbox.vendor_client import VendorClient

# Where the events go from the start on; signed with STRIPE_WEBHOOK_SECRET.
WEBHOOK_URL = "SANDBOX_STRIPE_WEBHOOK_URL"
ACCEPTED_KEYS = ("sk_test_", "rk_test_")


@dataclass(slots=True)
class StripeCall:
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

    name: ClassVar[str] = "stripe"
    mount: ClassVar[str] = "/stripe"
    indexes: ClassVar[Mapping[str, tuple[str, ...]]] = INDEXES
    client: ClassVar[type[VendorClient]] = StripeControl

    def __init__(self, context: Context) -> None:
        self.account = Account(context)
        self.webhooks = StripeWebhooks(context, _endpoint(context.environ))
        self.account.announce = self.webhooks.announce
        self._keys = IdempotencyKeys(context.ledger, context.clock)

    def start(self) -> None:
        """Webhooks that an earlier run still owed are sent."""
        self.webhooks.deliveries.start()

    def clock_moved(self) -> None:
        """Holds may be over now."""
        self.account.expire_all()

    def view(self) -> dict[str, Any]:
        """Every object, and the money."""
        return ledger_view(self.account)

    def control_routes(self) -> ControlRoutes:
        """What happens from outside, webhooks, events and the 3-D Secure page."""
        return stripe_routes(self.account, self.webhooks)

    def render(self, refusal: Refusal) -> Answer:
        """An error as Stripe answers it."""
        return _refusal_answer(as_stripes(refusal))

    def admit(self, request: Request) -> StripeCall:
        """Read the call and claim its idempotency key. What is wrong is kept for ``carry_out`` to answer."""
        ticket = StripeCall(request)
        try:
            ticket.key = request.headers.get("idempotency-key") if request.method == "POST" else None
            ticket.query = read_form(request.query)
            ticket.form = read_form(request.body.decode("utf-8", "replace"))
            _authenticate(request)
            if ticket.key:
                self._keys.claim(ticket.key)
                ticket.claimed = True
        except StripeRefusal as refusal:
            ticket.refusal = refusal
        return ticket

    def describe(self, ticket: StripeCall) -> dict[str, Any]:
        """The call for the log."""
        return {
            "query": readable(ticket.query),
            "form": readable(ticket.form),
            "idempotency_key": ticket.key,
        }

    def carry_out(self, ticket: StripeCall, *, instead: CallRule | None = None) -> Answer:
        """Do the work and answer it. A rule given ``instead`` answers in its place (and may be stored in its place)."""
        try:
            answer = self._answer(ticket, instead)
        except Refusal as refusal:
            answer = self.render(refusal)
        self.abandon(ticket)
        answer.headers.setdefault("Stripe-Version", API_VERSION)
        if ticket.key:
            answer.headers.setdefault("Idempotency-Key", ticket.key)
        return answer

    def abandon(self, ticket: StripeCall) -> None:
        """The call is over, or never reached Stripe; its key is free."""
        if ticket.claimed and ticket.key:
            self._keys.let_go(ticket.key)

    def _answer(self, ticket: StripeCall, instead: CallRule | None) -> Answer:
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

    def _execute(self, ticket: StripeCall) -> tuple[Answer, bool]:
        """The answer, and whether the endpoint ran."""
        executed = True
        self.account.cause = {"id": new_id("req"), "idempotency_key": ticket.key}
        try:
            answer = _work(self.account, ticket)
        except Refusal as refusal:
            said = as_stripes(refusal)
            answer, executed = _refusal_answer(said), said.executed
        except Exception:
            traceback.print_exc(file=sys.stderr)
            error = error_body("api_error", "The sandbox itself failed; see its log.")
            answer = _refusal_answer(StripeRefusal(500, error))
        answer.headers["Request-Id"] = self.account.cause["id"]
        self.account.cause = NOBODY
        return answer, executed

    def reset(self) -> None:
        """Let go of every key and of every webhook on its way; the ledger is emptied by its owner."""
        self._keys.reset()
        self.webhooks.reset()


def _endpoint(environ: Mapping[str, str]) -> Endpoint:
    return read_endpoint({"url": environ.get(WEBHOOK_URL) or None, "secret": environ.get("STRIPE_WEBHOOK_SECRET", "")})


def _work(account: Account, ticket: StripeCall) -> Answer:
    request = ticket.request
    operation, ids, kind = find_operation(request.method, request.path)
    params = read_parameters(operation, {**ticket.query, **ticket.form}, kind)
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
        raise StripeRefusal(401, error_body("invalid_request_error", message), executed=False)
    if not word.startswith(ACCEPTED_KEYS):
        message = f"Invalid API Key provided: {word[:8]}****{word[-4:]}"
        raise StripeRefusal(401, error_body("invalid_request_error", message), executed=False)
    check_version(request.path, request.headers.get("stripe-version"))


def _answered(status: int, content: Any, headers: dict[str, str] | None = None) -> Answer:
    return json_answer(status, content, {"Request-Id": new_id("req"), **(headers or {})})


def _refusal_answer(refusal: StripeRefusal) -> Answer:
    return _answered(refusal.status, {"error": refusal.error})


def _misbehaved_answer(rule: CallRule) -> Answer:
    return _answered(
        rule.status, {"error": error_body(rule.type or "api_error", rule.message, code=rule.code)}, rule.headers
    )
