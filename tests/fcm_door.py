"""FCM by hand: a service account's assertion, and messages that no SDK would send."""

import json
import os
import time
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import jwt

PROJECT, EMAIL = os.environ["FIREBASE_PROJECT_ID"], os.environ["FIREBASE_CLIENT_EMAIL"]
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
AUDIENCE = "https://oauth2.googleapis.com/token"
JSON = {"Content-Type": "application/json"}
Reply = tuple[int, Any, dict[str, str]]


def assertion(key: str = "", algorithm: str = "RS256", **claims: Any) -> str:
    """What the account signs; with other claims, or by another key. A claim that is None is left out."""
    now = int(time.time())
    said = {"iss": EMAIL, "aud": AUDIENCE, "scope": SCOPE, "iat": now, "exp": now + 3600, **claims}
    signed = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(signed, key or os.environ["FIREBASE_PRIVATE_KEY"].replace("\\n", "\n"), algorithm)


def exchange(fcm: Any, assertion: str, grant_type: str = GRANT) -> Reply:
    """Ask the token endpoint."""
    form = urlencode({"grant_type": grant_type, "assertion": assertion}).encode()
    return _ask(Request(f"{fcm.base_url}/token", form))


def access_token(fcm: Any) -> str:
    """A good one."""
    return str(exchange(fcm, assertion())[1]["access_token"])


def post(fcm: Any, body: Any, token: str, *, project: str = PROJECT, headers: dict[str, str] = JSON) -> Reply:
    """Post a body, which is JSON unless it is bytes; status, JSON and headers of the answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    url = f"{fcm.base_url}/v1/projects/{project}/messages:send"
    return _ask(Request(url, data, {"Authorization": f"Bearer {token}", **headers}))


def _ask(request: Request) -> Reply:
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer), dict(answer.headers)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused), dict(refused.headers)
