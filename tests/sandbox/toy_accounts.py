"""What somebody does who connects an account at Toy, and what findr would do with the code."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from .toy_client import ask

BACK = "http://127.0.0.1:3001/connected?from=toy"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ASKED = {
    "client_id": "findr",
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": "openid notes.read notes.write",
    "state": "s&1",
    "access_type": "offline",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
BASIC = {"Authorization": "Basic " + base64.b64encode(b"findr:toy-secret").decode()}
SECRET = {"client_id": "findr", "client_secret": "toy-secret"}


def link(client, **changes):
    """An authorize link; None leaves a parameter out."""
    asked = {name: value for name, value in {**ASKED, **changes}.items() if value is not None}
    return f"{client.toy.base_url}/common/oauth/authorize?{urlencode(asked)}"


def send(client, path, form, **headers):
    """Status and content of an answer to a form."""
    request = Request(client.toy.base_url + path, urlencode(form).encode(), headers)
    try:
        with urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def allowed(client, account="pat@example.test", **changes):
    """A code of somebody who clicked yes."""
    return client.toy.oauth.allow(link(client, **changes), account).fields["code"]


def exchange(client, code, headers=BASIC, **changes):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    given = {name: value for name, value in {**form, **changes}.items() if value is not None}
    return send(client, "/common/oauth/token", given, **headers)


def refresh(client, token, **changes):
    return send(
        client, "/common/oauth/token", {"grant_type": "refresh_token", "refresh_token": token, **SECRET, **changes}
    )


def connected(client, **changes):
    """The tokens of somebody who connected an account."""
    status, tokens = exchange(client, allowed(client, **changes))
    assert status == 200
    return tokens


def me(client, tokens):
    return ask(client, "GET", "/v1/me", Authorization=f"Bearer {tokens['access_token']}")
