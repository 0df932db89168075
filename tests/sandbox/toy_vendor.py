"""A vendor that no shared part of the sandbox has heard of: notes, two kinds of push, and accounts to connect.

It is what a new vendor needs and no more. One push is headers alone, as Google's; the other a JSON body with a secret
word, to an address that must first answer a handshake, as Microsoft's.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, ClassVar

from findr.sandbox.deliveries.client import DeliveriesClient
from findr.sandbox.deliveries.control import delivery_routes
from findr.sandbox.deliveries.engine import Deliveries
from findr.sandbox.deliveries.notice import Notice, Parcel, Policy, Spoils
from findr.sandbox.deliveries.post import NoAnswer, post
from findr.sandbox.exchange import Answer, Request, given_json, json_answer
from findr.sandbox.misbehaviour import CallRule
from findr.sandbox.oauth.client import OAuthClient
from findr.sandbox.oauth.control import oauth_routes
from findr.sandbox.oauth.errors import OAuthError
from findr.sandbox.oauth.issuer import Issuer
from findr.sandbox.oauth.settings import IssuerSettings, Rotation
from findr.sandbox.routes import Operation, Refusal, RouteTable, UnknownParameter, UnknownPath
from findr.sandbox.vendor import Context, ControlRoutes
from findr.sandbox.vendor_client import ControlCall, VendorClient

ISSUER = IssuerSettings(
    title="Toy",
    authorize_path="{}/oauth/authorize",
    token_path="{}/oauth/token",
    revoke_path="oauth/revoke",
    clients={"findr": "toy-secret", "other": "other-secret"},
    scopes={"notes.read": "read your notes", "notes.write": "write notes for you"},
    silent_scopes=frozenset({"openid", "profile", "offline_access"}),
    rotation=Rotation.RETIRES_OLD,
    offline=lambda asked: asked.get("access_type") == "offline" or "offline_access" in asked["scope"],
    complete=lambda grant, answer: {**answer, "account": grant["account"]},
)


class ToyRefusal(Refusal):
    """What Toy says no to."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def word(name: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ToyRefusal(400, f"{name} is no string")
    return value


@dataclass(slots=True)
class ToyCall:
    request: Request
    refusal: Refusal | None = None


class ToyControl(VendorClient):
    """The toy's client."""

    def __init__(self, call: ControlCall, sandbox_url: str, name: str, mount: str) -> None:
        super().__init__(call, sandbox_url, name, mount)
        self.pushes = DeliveriesClient(self.control, "pushes")
        self.oauth = OAuthClient(self.control)

    def notes(self, owner: str) -> list[dict[str, Any]]:
        return [note for note in self.ledger()["notes"] if note["owner"] == owner]


class Toy:
    """The vendor."""

    name: ClassVar[str] = "toy"
    mount: ClassVar[str] = "/toy"
    # Stripe has objects of both kinds, indexed by other fields.
    indexes: ClassVar[dict[str, tuple[str, ...]]] = {"payment_intent": ("owner",)}
    client: ClassVar[type[VendorClient]] = ToyControl
    spoils: ClassVar[tuple[str, ...]] = ("forge",)

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ledger = context.ledger
        self._issuer = Issuer(ISSUER, context)
        self._deliveries = Deliveries(
            self._ledger, self, Policy(retry_seconds=(0.01,), retry_statuses=frozenset({503}))
        )
        self._table = RouteTable(
            {
                ("POST", "v1/notes"): Operation(self._write, {"id": word, "owner": word}),
                ("GET", "v1/notes"): Operation(self._list, {"owner": word}),
                ("GET", "v1/me"): Operation(self._me),
                ("POST", "v1/channels"): Operation(self._watch, {"id": word, "url": word, "token": word}),
                ("DELETE", "v1/channels/{}"): Operation(self._stop),
                ("POST", "v1/subscriptions"): Operation(self._subscribe, {"id": word, "url": word, "secret": word}),
            }
        )

    # --- The vendor's shape -------------------------------------------------------------------------------------------
    def admit(self, request: Request) -> ToyCall:
        return ToyCall(request)

    def describe(self, ticket: ToyCall) -> dict[str, Any]:
        return {"query": ticket.request.query}

    def carry_out(self, ticket: ToyCall, *, instead: CallRule | None = None) -> Answer | Awaitable[Answer]:
        if instead:
            return json_answer(instead.status, {"fault": instead.code or instead.message}, instead.headers)
        try:
            return self._issuer.answer(ticket.request) or self._work(ticket.request)
        except Refusal as refusal:
            return self.render(refusal)

    def _work(self, request: Request) -> Answer | Awaitable[Answer]:
        _, operation, ids = self._table.find(request.method, request.path)
        given = given_json(request) if request.method == "POST" else _query(request)
        done = operation.handler(request, operation.read(given), *ids)
        return done if isinstance(done, Awaitable) else json_answer(200, done)

    def abandon(self, ticket: ToyCall) -> None:
        """There are no keys to let go of."""

    def render(self, refusal: Refusal) -> Answer:
        if isinstance(refusal, OAuthError):
            return json_answer(refusal.status, {"fault": refusal.code})
        status = 404 if isinstance(refusal, UnknownPath) else getattr(refusal, "status", 400)
        said = f"unknown field {refusal.name}" if isinstance(refusal, UnknownParameter) else str(refusal)
        return json_answer(status, {"fault": said})

    def view(self) -> dict[str, Any]:
        return {"notes": list(self._ledger.all("payment_intent").values()), "moved": self._ledger.all("moved")}

    def control_routes(self) -> ControlRoutes:
        return {**delivery_routes(self._deliveries, "pushes"), **oauth_routes(self._issuer)}

    def start(self) -> None:
        self._deliveries.start()

    def clock_moved(self) -> None:
        self._ledger.put("moved", {"id": "moved", "at": self._context.clock.now()})

    def reset(self) -> None:
        self._deliveries.reset()

    # --- Operations ---------------------------------------------------------------------------------------------------
    def _write(self, _request: Request, params: dict[str, Any]) -> Any:
        note = {"id": params["id"], "owner": params["owner"], "customer": "nobody"}
        self._ledger.put("payment_intent", note)
        for receiver in self._ledger.all("receiver").values():
            event = {"id": f"{note['id']}-{receiver['id']}", "note": note["id"], "to": receiver["id"]}
            self._ledger.put("event", event)
            self._deliveries.announce(_notice(event))
        return note

    def _list(self, _request: Request, params: dict[str, Any]) -> Any:
        return {"notes": list(self._ledger.newest_first("payment_intent", **params))}

    def _me(self, request: Request, _params: dict[str, Any]) -> Any:
        grant = self._issuer.grant_of(request, ["notes.read"])
        return {"account": grant["account"], "self": f"{self._context.base_url}/v1/me"}

    def _watch(self, _request: Request, params: dict[str, Any]) -> Any:
        self._ledger.put("receiver", params)
        return params

    def _stop(self, _request: Request, _params: dict[str, Any], identity: str) -> Any:
        self._ledger.drop("receiver", identity)
        return {}

    async def _subscribe(self, _request: Request, params: dict[str, Any]) -> Answer:
        question = secrets.token_hex(8)
        try:
            status, said = await post(f"{params['url']}?validationToken={question}", b"", {}, 5)
        except NoAnswer as error:
            return json_answer(400, {"fault": f"nobody answers: {error}"})
        if (status, said) != (200, question):
            return json_answer(400, {"fault": "the handshake failed"})
        self._ledger.put("receiver", params)
        return json_answer(201, params)

    # --- What it supplies to the deliveries ---------------------------------------------------------------------------
    def find(self, identity: str) -> Notice | None:
        event = self._ledger.get("event", identity)
        return _notice(event) if event else None

    def parcel(self, notice: Notice, spoils: Spoils) -> Parcel | None:
        receiver = self._ledger.get("receiver", notice.to)
        if receiver is None:
            return None
        honest = receiver.get("token") or receiver["secret"]
        shown = "a guess" if "forge" in spoils else honest
        if "token" in receiver:
            return Parcel(receiver["url"], {"X-Toy-Channel-Token": shown, "X-Toy-Note": str(notice.about)})
        body = json.dumps({"value": [{"secret": shown, "note": notice.about}]}).encode()
        return Parcel(receiver["url"], {"Content-Type": "application/json"}, body)

    def expected(self, notice: Notice) -> None:
        """Nobody counts here."""

    def settled(self, notice: Notice, *, delivered: bool) -> None:
        """Nobody counts here."""


def _notice(event: dict[str, Any]) -> Notice:
    return Notice(event["id"], "written", event["to"], event["note"])


def _query(request: Request) -> dict[str, str]:
    return dict(part.split("=") for part in request.query.split("&") if part)
