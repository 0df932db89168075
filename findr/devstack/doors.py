"""findr's own doors, over HTTP, for what the demonstration does as people would: signing in, and whatever they do then."""

import json
from http.client import HTTPConnection
from typing import Any

PASSWORD = "findr-demo-1"  # noqa: S105
SECONDS = 20.0


class NotLoaded(Exception):
    """What was to be loaded is not there now; the text says why. Nothing else of the demonstration needs it."""


def answer(port: str, method: str, path: str, body: Any = None, *, token: str = "") -> dict[str, Any]:
    """The answer's JSON. Raises NotLoaded unless it is a 200 or a 201."""
    status, _, said = call(port, method, path, body, token=token)
    if status not in (200, 201):
        raise NotLoaded(f"{method} {path} answered {status}")
    found: dict[str, Any] = json.loads(said)
    return found


def call(port: str, method: str, path: str, body: Any = None, *, token: str = "") -> tuple[int, str, bytes]:
    """Status, Location and body of one call to findr; redirects are not followed."""
    connection = HTTPConnection("127.0.0.1", int(port), timeout=SECONDS)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.headers.get("Location", ""), response.read()
    finally:
        connection.close()
