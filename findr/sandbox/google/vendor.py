"""Google as the server sees it: sign-in, userinfo and the Calendar API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from findr.sandbox.calendars.book import Calendars
from findr.sandbox.calendars.channels import Channels
from findr.sandbox.calendars.control import CalendarControl
from findr.sandbox.exchange import Answer, Request, json_answer
from findr.sandbox.google.calls import CalendarOperation, Call
from findr.sandbox.google.channels import letter
from findr.sandbox.google.client import GoogleControl
from findr.sandbox.google.errors import render, render_rule
from findr.sandbox.google.lists import error_of
from findr.sandbox.google.parameters import read_body, read_query
from findr.sandbox.google.routes import TABLE
from findr.sandbox.google.sign_in import EMAIL, settings
from findr.sandbox.ledger import Object
from findr.sandbox.limits import CallLimits
from findr.sandbox.misbehaviour import CallRule
from findr.sandbox.oauth.control import oauth_routes
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.oauth.errors import render as render_oauth
from findr.sandbox.oauth.issuer import Issuer
from findr.sandbox.routes import Refusal
from findr.sandbox.vendor import Context, ControlRoutes
from findr.sandbox.vendor_client import VendorClient

USERINFO = ("GET", "/oauth2/v2/userinfo")
FREE_BUSY = "freebusy.query"


@dataclass(slots=True)
class GoogleCall:
    """One admitted call: what it asks for and, as far as its token or form says so, about whom."""

    request: Request
    operation: str = ""
    account: str = ""
    served: CalendarOperation | None = None
    ids: list[str] = field(default_factory=list)
    refusal: Refusal | None = None


class Google:
    """The vendor: admits a call, carries it out, answers it."""

    name: ClassVar[str] = "google"
    mount: ClassVar[str] = "/google"
    indexes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    client: ClassVar[type[VendorClient]] = GoogleControl

    def __init__(self, context: Context) -> None:
        self._clock = context.clock
        self._issuer = Issuer(settings(context.environ), context)
        self._limits = CallLimits()
        self.calendars = Calendars(context.ledger, context.clock)
        self._channels = Channels(context, self.calendars, letter)

    def start(self) -> None:
        """Pushes that were on their way go out."""
        self._channels.deliveries.start()

    def clock_moved(self) -> None:
        """Tokens look at the clock when they are used."""

    def reset(self) -> None:
        """No limits, and nothing on its way."""
        self._limits.reset()
        self._channels.deliveries.reset()

    def view(self) -> dict[str, Any]:
        """Accounts, and by account and calendar the events."""
        return self.calendars.view()

    def control_routes(self) -> ControlRoutes:
        """What people do in their calendars, and their grants."""
        shared = CalendarControl(self.calendars, self._limits, self._clock).routes()
        return {**shared, **oauth_routes(self._issuer), **self._channels.routes()}

    def render(self, refusal: Refusal) -> Answer:
        """An error as Google answers it."""
        return render(refusal)

    def admit(self, request: Request) -> GoogleCall:
        """Find out what is asked and about whom. One call too many is kept for ``carry_out`` to refuse."""
        signing_in = self._issuer.describe(request)
        if signing_in:
            return GoogleCall(request, signing_in["operation"], signing_in["account"])
        ticket = GoogleCall(request, account=self._issuer.account_of(request))
        try:
            if (request.method, request.path) == USERINFO:
                ticket.operation = "userinfo.get"
            else:
                _, ticket.served, ticket.ids = TABLE.find(request.method, request.path)
                ticket.operation = ticket.served.name
            if ticket.account:
                self._limits.count(ticket.account)
        except Refusal as refusal:
            ticket.refusal = refusal
        return ticket

    def describe(self, ticket: GoogleCall) -> dict[str, Any]:
        """The call for the log; of tokens nothing but whose they are."""
        said: dict[str, Any] = {"operation": ticket.operation, "account": ticket.account}
        if ticket.served:
            body = _json(ticket.request.body)
            said |= {"calendar": ticket.ids[0] if ticket.ids else None, "query": ticket.request.query, "body": body}
        return said

    def carry_out(self, ticket: GoogleCall, *, instead: CallRule | None = None) -> Answer:
        """Do the work and answer it. A rule given ``instead`` answers in its place, or empties the answer (status 200)."""
        if instead is None:
            return self._answer(ticket)
        if instead.status == 200 and instead.body is None:
            return _emptied(ticket, self._answer(ticket), instead)
        if instead.do_work:
            self._answer(ticket)
        return _of_sign_in(instead) if ticket.operation.startswith("oauth.") else render_rule(instead)

    def abandon(self, ticket: GoogleCall) -> None:
        """There are no keys to let go of."""

    def _answer(self, ticket: GoogleCall) -> Answer:
        try:
            if ticket.refusal:
                raise ticket.refusal
            signed_in = self._issuer.answer(ticket.request)
            if signed_in:
                return signed_in
            content = self._work(ticket) if ticket.served else self._userinfo(ticket.request)
        except Refusal as refusal:
            return render(refusal)
        return Answer(204, b"") if content is None else json_answer(200, content)

    def _work(self, ticket: GoogleCall) -> Any:
        request, served = ticket.request, ticket.served
        assert served  # noqa: S101  asked before
        grant = self._issuer.grant_of(request, any_of=served.needs)
        scopes = served.needs.intersection(self._issuer.scopes_of(request))
        call = Call(grant["account"], scopes, ticket.ids, self.calendars, self._clock.now(), headers=request.headers)
        call.channels = self._channels
        call.params = read_query(request, served.query, served.repeated)
        if served.body is not None:
            call.body = read_body(request, served.body)
        return served.handler(call)

    def _userinfo(self, request: Request) -> Object:
        """Whose account it is (``Userinfo`` in the discovery document of oauth2 v2)."""
        grant = self._issuer.grant_of(request, any_of=[EMAIL])
        read_query(request, {}, frozenset())
        identity = str(int.from_bytes(grant["account"].encode(), "big") % 10**21)
        return {"id": identity, "email": grant["account"], "verified_email": True}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _emptied(ticket: GoogleCall, answer: Answer, rule: CallRule) -> Answer:
    """An answer with nothing in it or, if the rule has a code, one that says so of every calendar."""
    if answer.status != 200:
        return answer
    content = json.loads(answer.body)
    if ticket.operation == FREE_BUSY:
        names = content["calendars"] if rule.code else ()
        content["calendars"] = {name: error_of(rule.code or "") for name in names}
    elif "items" in content:
        content["items"] = []
    else:
        content = {}
    return json_answer(200, content, rule.headers)


def _of_sign_in(rule: CallRule) -> Answer:
    """The token endpoint speaks another dialect (RFC 6749 section 5.2)."""
    said = render_oauth(OAuthError(rule.code or "internal_failure", rule.message))
    return Answer(rule.status, said.body, {**said.headers, **rule.headers})
