"""Microsoft as the server sees it: signing in, and Graph behind the tokens that come of it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar

from findr.sandbox.calendars.book import Calendars
from findr.sandbox.calendars.channels import Channels
from findr.sandbox.calendars.control import CalendarControl
from findr.sandbox.exchange import Answer, Request, json_answer
from findr.sandbox.limits import CallLimits, TooManyCalls
from findr.sandbox.microsoft.accounts import Accounts
from findr.sandbox.microsoft.calls import GRAPH, Asker, GraphCall, GraphOperation
from findr.sandbox.microsoft.client import MicrosoftControl
from findr.sandbox.microsoft.control import microsoft_routes
from findr.sandbox.microsoft.errors import bad, render, throttled
from findr.sandbox.microsoft.identity import Identity, configuration
from findr.sandbox.microsoft.limits import Concurrency
from findr.sandbox.microsoft.mailbox import Mailbox
from findr.sandbox.microsoft.misbehaving import emptied, refused
from findr.sandbox.microsoft.moments import preferred_zone
from findr.sandbox.microsoft.queries import read_query
from findr.sandbox.microsoft.routes import OPERATIONS
from findr.sandbox.microsoft.subscriptions import CREATE, letter, refusal_of_handshake
from findr.sandbox.misbehaviour import CallRule
from findr.sandbox.oauth.control import oauth_routes
from findr.sandbox.oauth.issuer import Issuer
from findr.sandbox.oauth.settings import Rotation
from findr.sandbox.routes import Refusal, RouteTable, check_parameters
from findr.sandbox.vendor import Context, ControlRoutes
from findr.sandbox.vendor_client import VendorClient

METADATA = RouteTable({("GET", "{}/v2.0/.well-known/openid-configuration"): configuration})


class Microsoft:
    """The vendor."""

    name: ClassVar[str] = "microsoft"
    mount: ClassVar[str] = "/microsoft"
    indexes: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    client: ClassVar[type[VendorClient]] = MicrosoftControl

    def __init__(self, context: Context) -> None:
        self._context = context
        self._accounts = Accounts(context.ledger)
        self._identity = Identity(context.clock, context.environ, self._accounts.is_personal)
        # What a refresh does to the old token may change at any time; what the issuers know is in the ledger.
        self._issuers = {how: Issuer(self._identity.settings(how), context) for how in Rotation}
        self._book = Calendars(context.ledger, context.clock)
        self._limits = CallLimits()
        self._concurrency = Concurrency()
        self._channels = Channels(context, self._book, letter)
        self._table: RouteTable[GraphOperation] = RouteTable(OPERATIONS)

    @property
    def _issuer(self) -> Issuer:
        return self._issuers[self._accounts.rotation]

    # --- One call -----------------------------------------------------------------------------------------------------
    def admit(self, request: Request) -> GraphCall:
        """Find out who asks for what, and whether they may at this moment."""
        signing_in = self._issuer.describe(request)
        if signing_in:
            return GraphCall(request, signing_in["operation"], signing_in["account"])
        call = GraphCall(request, account=self._issuer.account_of(request))
        try:
            if call.is_graph:
                self._admit(call)
            else:
                METADATA.find(request.method, request.path)
                call.operation = "configuration"
        except TooManyCalls as error:
            call.refusal = throttled("Application is over its request limit.", error.retry_after)
        except Refusal as refusal:
            call.refusal = refusal
        return call

    def _admit(self, call: GraphCall) -> None:
        request = call.request
        _, call.served, call.ids = self._table.find(request.method, request.path)
        call.operation = call.served.name
        self._issuer.grant_of(request, any_of=call.served.scopes)
        self._limits.count(call.account)
        self._concurrency.enter(call.account)
        call.counted = True

    def describe(self, ticket: GraphCall) -> dict[str, Any]:
        """The call for the log; of tokens nothing but whose they are."""
        said: dict[str, Any] = {"operation": ticket.operation, "account": ticket.account}
        return said | ({"query": ticket.request.query, "body": ticket.sent()} if ticket.served else {})

    def carry_out(self, ticket: GraphCall, *, instead: CallRule | None = None) -> Answer | Awaitable[Answer]:
        """Do the work and answer it. A rule given ``instead`` answers in its place, or empties the answer (status 200)."""
        if instead is None and ticket.operation == CREATE and not ticket.refusal:
            return self._subscribe(ticket)
        return self._carry_out(ticket, instead)

    async def _subscribe(self, ticket: GraphCall) -> Answer:
        """The addresses are asked first, and the call answered after."""
        ticket.refusal = await refusal_of_handshake(ticket)
        return self._carry_out(ticket, None)

    def _carry_out(self, ticket: GraphCall, instead: CallRule | None) -> Answer:
        try:
            if instead is None:
                return self._answer(ticket)
            if instead.status == 200 and instead.body is None:
                return emptied(self._answer(ticket), ticket, instead)
            if instead.do_work:
                self._answer(ticket)
            return refused(instead, ticket, self._identity)
        finally:
            self.abandon(ticket)

    def _answer(self, call: GraphCall) -> Answer:
        try:
            if call.refusal:
                raise call.refusal
            return self._work(call, call.served) if call.served else self._signed_in(call.request)
        except Refusal as refusal:
            return render(refusal)

    def _work(self, call: GraphCall, served: GraphOperation) -> Answer:
        request = call.request
        call.base_url, call.zone = self._context.base_url, preferred_zone(request.headers)
        call.now, call.channels = self._context.clock.now(), self._channels
        call.asked = read_query(request)
        call.query = check_parameters(call.asked, served.query)
        if served.body is not None:
            call.written = _body(call)
            call.body = check_parameters(call.written, served.body)
            served.before(call.body)
        done = served.handler(self._asker(call.account), call, *call.ids)
        if isinstance(done, Answer):
            return done
        return json_answer(served.status, {"@odata.context": f"{call.base_url}{GRAPH}$metadata", **done})

    def _signed_in(self, request: Request) -> Answer:
        answer = self._issuer.answer(request)
        if answer:
            return answer
        _, document, tenant = METADATA.find(request.method, request.path)
        return document(*tenant)

    def _asker(self, account: str) -> Asker:
        person = self._identity.person(account)
        return Asker(Mailbox(self._book, account), person, self._accounts.is_personal(account))

    def abandon(self, ticket: GraphCall) -> None:
        """The call is over, or never arrived; its place among those under way is free."""
        if ticket.counted:
            ticket.counted = False
            self._concurrency.leave(ticket.account)

    def render(self, refusal: Refusal) -> Answer:
        """A refusal in Graph's shape."""
        return render(refusal)

    # --- The sandbox's side -------------------------------------------------------------------------------------------
    def view(self) -> dict[str, Any]:
        """Accounts, and by account and calendar the events; and which accounts are personal ones."""
        return {**self._book.view(), "personal": self._accounts.personal()}

    def control_routes(self) -> ControlRoutes:
        """Calendars, grants, and what only Microsoft has."""
        shared = CalendarControl(self._book, self._limits, self._context.clock).routes()
        own = microsoft_routes(self._accounts, self._concurrency, self._channels)
        return {**shared, **oauth_routes(self._issuer), **self._channels.routes(), **own}

    def start(self) -> None:
        """Pushes that were on their way go out."""
        self._channels.deliveries.start()

    def clock_moved(self) -> None:
        """What is too old is found so when it is used."""

    def reset(self) -> None:
        """No limits but the vendor's own, and nothing on its way."""
        self._channels.deliveries.reset()
        self._limits.reset()
        self._concurrency.reset()


def _body(call: GraphCall) -> dict[str, Any]:
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
    given = call.sent()
    if kind != "application/json" or not isinstance(given, dict):
        raise bad("Unable to read JSON request payload. Please ensure Content-Type header is set.", "BadRequest")
    return given
