"""Reading what is sent to the issuer: each parameter once, and who sends it."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from findr.sandbox.exchange import Request
from findr.sandbox.oauth.errors import OAuthError


def read_once(text: str) -> dict[str, str]:
    """A query or form; ``invalid_request`` if anything is there twice (RFC 6749 section 3.1)."""
    given: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name in given:
            raise OAuthError("invalid_request", f"{name} is given twice.")
        given[name] = value
    return given


def read_form(request: Request) -> dict[str, str]:
    """The form in the body; anything else is ``invalid_request``."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send the parameters as a form.")
    return read_once(request.body.decode("utf-8", "replace"))


def check_client(request: Request, form: Mapping[str, str], clients: Mapping[str, str]) -> str:
    """The client's id, by its secret in the header (Basic) or in the form, never in both (RFC 6749 section 2.3.1)."""
    header = request.headers.get("authorization", "")
    if header and "client_secret" in form:
        raise OAuthError("invalid_request", "The client authenticates in two ways at once.")
    identity, secret = _basic(header) if header else (form.get("client_id", ""), form.get("client_secret", ""))
    if form.get("client_id", identity) != identity:
        raise OAuthError("invalid_request", "Two clients are named.")
    if not secrets.compare_digest(clients.get(identity, "").encode(), secret.encode()) or not secret:
        raise OAuthError("invalid_client", "There is no such client, or its secret is another.")
    return identity


def _basic(header: str) -> tuple[str, str]:
    scheme, _, word = header.partition(" ")
    try:
        identity, _, secret = base64.b64decode(word if scheme.lower() == "basic" else "").decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        identity = secret = ""
    return unquote(identity), unquote(secret)
