"""What a handshake says, and whether it may be listened to at all (contract 15.1)."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings

PATH = "/api/bookings/realtime"


@dataclass(frozen=True)
class Handshake:
    """What was asked for. Nothing of it is believed before a token says the same.

    Attributes:
        user_id: the patient's id or the practice's; blank if it was left out.
        kind: `type`, None if it was not sent.
        since: as it was sent, None if it was not.
        token: from the header or the address; blank if neither has one.
        client: the connection's own address.
        forwarded: the `X-Forwarded-For` header.
    """

    user_id: str
    kind: str | None
    since: str | None
    token: str
    client: str
    forwarded: str


def read(scope: dict[str, Any]) -> Handshake:
    """The handshake of an ASGI scope. Of what was sent twice the first counts."""
    headers, query = _headers(scope), _query(scope)
    client = scope.get("client") or ("", 0)
    return Handshake(
        user_id=query.get("userId", ""),
        kind=query.get("type"),
        since=query.get("since"),
        token=_bearer(headers) or query.get("token") or query.get("access_token") or "",
        client=str(client[0]),
        forwarded=headers.get("x-forwarded-for", ""),
    )


def is_welcome(scope: dict[str, Any]) -> bool:
    """Whether this is the feed's address, asked for by an app, by an allowed origin's page or by one of our own."""
    headers = _headers(scope)
    origin = headers.get("origin")
    if scope["path"] != PATH:
        return False
    return origin is None or origin in settings.CORS_ALLOWED_ORIGINS or _is_own(origin, headers.get("host", ""))


def token_in(frame: str | None) -> str | None:
    """The token of an `authenticate` frame; blank if it has none, None if the frame is another one."""
    message = message_of(frame)
    if message.get("type") != "authenticate":
        return None
    token = message.get("token")
    return token if isinstance(token, str) else ""


def message_of(frame: str | None) -> dict[str, Any]:
    """The JSON object of a client's frame; empty if it is none."""
    try:
        message = json.loads(frame or "")
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _is_own(origin: str, host: str) -> bool:
    """Apps on some phones send the server's own address as their origin."""
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")


def _bearer(headers: dict[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _headers(scope: dict[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _query(scope: dict[str, Any]) -> dict[str, str]:
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return dict(reversed(pairs))
