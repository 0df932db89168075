"""Microsoft as the server sees it: signing in, and Graph behind the tokens that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from findr.sandbox.calendars.book import Calendars
from findr.sandbox.calendars.control import CalendarControl
from findr.sandbox.calendars.limits import MailboxLimits, TooManyCalls
from findr.sandbox.exchange import Answer, Request, json_answer
from findr.sandbox.microsoft.accounts import Accounts
from findr.sandbox.microsoft.calls import Asker, GraphCall, GraphOperation
from findr.sandbox.microsoft.client import MicrosoftControl
from findr.sandbox.microsoft.control import microsoft_routes
from findr.sandbox.microsoft.errors import bad, render, throttled
from findr.sandbox.microsoft.identity import Identity, configuration
from findr.sandbox.microsoft.limits import Concurrency
from findr.sandbox.microsoft.mailbox import Mailbox
from findr.sandbox.microsoft.misbehaving import misbehaved
from findr.sandbox.microsoft.moments import preferred_zone
from findr.sandbox.microsoft.queries import read_query
from findr.sandbox.microsoft.routes import OPERATIONS
from findr.sandbox.misbehaviour import CallRule
from findr.sandbox.oauth.control import oauth_routes
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.oauth.issuer import Issuer
from findr.sandbox.oauth.settings import Rotation
from findr.sandbox.routes import Refusal, RouteTable, check_parameters
from findr.sandbox.vendor import Context, ControlRoutes
from findr.sandbox.vendor_client import VendorClient

GRAPH = "/v1.0/"
METADATA = RouteTable({("GET", "{}/v2.0/.well-known/openid-configuration"): configuration})
# What the log calls the identity platform's calls, by the last part of their paths.
SIGNING_IN = {"authorize": "authorize", "token": "token", "openid-configuration": "configuration"}


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
        self._limits = MailboxLimits()
        self._concurrency = Concurrency()
        self._table: RouteTable[GraphOperation] = RouteTable(OPERATIONS)

    @property
    def _issuer(self) -> Issuer:
        return self._issuers[self._accounts.rotation]

    # --- One call -----------------------------------------------------------------------------------------------------
    def admit(self, request: Request) -> GraphCall:
        """Find out who asks for what, and whether they may at this moment."""
        call = GraphCall(request, operation=SIGNING_IN.get(request.path.rpartition("/")[2], ""))
        if not request.path.startswith(GRAPH):
            return call
        try:
            _, call.served, call.ids = self._table.find(request.method, request.path)
            call.operation = call.served.name
            call.account = self._account(request, call.served.scopes)
            self._limits.count(call.account)
            self._concurrency.enter(call.account)
            call.counted = True
        except TooManyCalls as error:
            call.refusal = throttled("Application is over its request limit.", error.retry_after)
        except Refusal as refusal:
            call.refusal = refusal
        return call

    def _account(self, request: Request, scopes: tuple[str, ...]) -> str:
        """Whose token it is; one of the scopes is enough."""
        account = str(self._issuer.grant_of(request)["account"])
        for scope in scopes[:-1]:
            try:
                self._issuer.grant_of(request, [scope])
            except OAuthError:
                continue
            return account
        self._issuer.grant_of(request, scopes[-1:])
        return account

    def describe(self, ticket: GraphCall) -> dict[str, Any]:
        """The call for the log. Nothing of a sign-in is in it."""
        sent = ticket.sent() if ticket.account else None
        return {
            "operation": ticket.operation,
            "account": ticket.account,
            "query": ticket.request.query if ticket.account else "",
            "sent": sent,
        }

    def carry_out(self, ticket: GraphCall, *, instead: CallRule | None = None) -> Answer:
        """Do the work and answer it; a rule given ``instead`` answers in its place, after the work if it says so."""
        try:
            answer = self._worked(ticket) if instead is None or instead.do_work else None
        except Refusal as refusal:
            answer = self.render(refusal)
        finally:
            self.abandon(ticket)
        return misbehaved(instead, ticket, self._identity) if instead else answer or render(bad("Nothing was done."))

    def _worked(self, call: GraphCall) -> Answer:
        request = call.request
        if call.refusal:
            raise call.refusal
        if call.served is None:
            return self._signed_in(request)
        served = call.served
        call.base_url, call.zone = self._context.base_url, preferred_zone(request.headers)
        call.asked = read_query(request)
        call.query = check_parameters(call.asked, served.query)
        if served.body is not None:
            call.written = _body(call)
            call.body = check_parameters(call.written, served.body)
            served.before(call.body)
        done = served.handler(self._asker(call.account), call, *call.ids)
        if isinstance(done, Answer):
            return done
        return json_answer(served.status, {"@odata.context": f"{call.url.partition('/me')[0]}/$metadata", **done})

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
        """Accounts, calendars and everything in them."""
        calendars = [one for account in self._book.accounts() for one in self._book.calendars(account["id"])]
        return {
            "accounts": self._book.accounts(),
            "personal": self._accounts.personal(),
            "calendars": calendars,
            "events": [event for one in calendars for event in self._book.events(one)],
        }

    def control_routes(self) -> ControlRoutes:
        """Calendars, grants, and what only Microsoft has."""
        shared = CalendarControl(self._book, self._limits, self._context.clock).routes()
        return {**shared, **oauth_routes(self._issuer), **microsoft_routes(self._accounts, self._concurrency)}

    def start(self) -> None:
        """Nothing is owed to anybody."""

    def clock_moved(self) -> None:
        """What is too old is found so when it is used."""

    def reset(self) -> None:
        """No limits but the vendor's own."""
        self._limits.reset()
        self._concurrency.reset()


def _body(call: GraphCall) -> dict[str, Any]:
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
    given = call.sent()
    if kind != "application/json" or not isinstance(given, dict):
        raise bad("Unable to read JSON request payload. Please ensure Content-Type header is set.", "BadRequest")
    return given
