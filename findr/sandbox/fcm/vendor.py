"""FCM as the server sees it: the token endpoint of its service account, and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from findr.sandbox.exchange import Answer, Request, json_answer
from findr.sandbox.fcm.client import SEND, TOKEN, FcmControl
from findr.sandbox.fcm.control import fcm_routes
from findr.sandbox.fcm.devices import Devices
from findr.sandbox.fcm.errors import FcmRefusal, render, render_rule
from findr.sandbox.fcm.messages import address_of, asked_address, read_message
from findr.sandbox.fcm.service_account import ServiceAccount
from findr.sandbox.limits import CallLimits
from findr.sandbox.misbehaviour import CallRule
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.oauth.errors import render as render_oauth
from findr.sandbox.routes import Refusal, RouteTable
from findr.sandbox.vendor import Context, ControlRoutes
from findr.sandbox.vendor_client import VendorClient

# By the names of the discovery document; the token endpoint is not in it.
OPERATIONS = {("POST", "v1/projects/{}/messages:send"): SEND, ("POST", "token"): TOKEN}
TABLE = RouteTable(OPERATIONS)


@dataclass(slots=True)
class FcmCall:
    """One admitted call; ``account`` is the device that it is for."""

    request: Request
    operation: str = ""
    account: str = ""
    project: str = ""
    refusal: Refusal | None = None


class Fcm:
    """The vendor."""

    name: ClassVar[str] = "fcm"
    mount: ClassVar[str] = "/fcm"
    indexes: ClassVar[Mapping[str, tuple[str, ...]]] = {"message": ("address",)}
    client: ClassVar[type[VendorClient]] = FcmControl

    def __init__(self, context: Context) -> None:
        self._account = ServiceAccount(context.environ, context.ledger, context.clock)
        self._devices = Devices(context.ledger, context.clock)
        self._limits = CallLimits()

    # --- One call -----------------------------------------------------------------------------------------------------
    def admit(self, request: Request) -> FcmCall:
        """Find out what is asked, and whether it is one message too many."""
        call = FcmCall(request)
        try:
            _, call.operation, ids = TABLE.find(request.method, request.path)
            if call.operation == SEND:
                call.project, call.account = ids[0], asked_address(request.body)
                self._limits.count(call.project)
        except Refusal as refusal:
            call.refusal = refusal
        return call

    def describe(self, ticket: FcmCall) -> dict[str, Any]:
        """The call for the log: of the message no more than for whom it is."""
        return {"operation": ticket.operation, "account": ticket.account}

    def carry_out(self, ticket: FcmCall, *, instead: CallRule | None = None) -> Answer:
        """Do the work and answer it. A rule given ``instead`` answers in its place."""
        if instead is None:
            return self._answer(ticket)
        if instead.do_work:
            self._answer(ticket)
        if ticket.operation == TOKEN:
            said = render_oauth(OAuthError(instead.code or "internal_failure", instead.message))
            return Answer(instead.status, said.body, {**said.headers, **instead.headers})
        return render_rule(instead)

    def _answer(self, call: FcmCall) -> Answer:
        try:
            if call.refusal:
                raise call.refusal
            if call.operation == SEND:
                return self._send(call)
        except Refusal as refusal:
            return render(refusal)
        try:
            return self._account.exchange(call.request)
        except OAuthError as error:
            return render_oauth(error)

    def _send(self, call: FcmCall) -> Answer:
        self._account.authorize(call.request)
        if call.project != self._account.project:
            raise FcmRefusal(403, "Permission 'cloudmessaging.messages.create' denied on this project.")
        message, validate_only = read_message(call.request)
        name = self._devices.send(address_of(message), message, call.project, validate_only=validate_only)
        return json_answer(200, {"name": name})

    def abandon(self, ticket: FcmCall) -> None:
        """There is nothing to let go of."""

    def render(self, refusal: Refusal) -> Answer:
        """A refusal in FCM's shape."""
        return render(refusal)

    # --- The sandbox's side -------------------------------------------------------------------------------------------
    def view(self) -> dict[str, Any]:
        """Phones, and messages by their names."""
        return self._devices.view()

    def control_routes(self) -> ControlRoutes:
        """Phones, the account, the quota."""
        return fcm_routes(self._devices, self._account, self._limits)

    def start(self) -> None:
        """Nothing is owed to anybody."""

    def clock_moved(self) -> None:
        """Tokens and times to live look at the clock when they are used."""

    def reset(self) -> None:
        """No limits."""
        self._limits.reset()
