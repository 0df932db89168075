"""Real HTTP to the live server: what a phone or a browser would send."""

import json
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener


class _Stay(HTTPRedirectHandler):
    """Where a browser is sent is looked at, not followed."""

    def redirect_request(self, *args):
        return None


_opener = build_opener(ProxyHandler({}), _Stay())


@dataclass
class Reply:
    """What came back, and the call that it answers."""

    status: int
    headers: dict
    text: str
    call: Request

    @property
    def body(self):
        return json.loads(self.text)


class Wire:
    """A client of the server at `base`."""

    def __init__(self, base):
        self.base = base

    def send(self, method, path, body=None, *, who=None, token=None, query=None, **headers):
        """One request, with the token of `who` or a token of any kind."""
        path = f"{path}?{urlencode(query)}" if query else path
        data = None if body is None else json.dumps(body).encode()
        token = who.token if who else token
        given = {"Content-Type": "application/json", **headers} if data is not None else headers
        if token:
            given = {**given, "Authorization": f"Bearer {token}"}
        request = Request(self.base + path, data, given, method=method)
        try:
            with _opener.open(request, timeout=30) as answer:
                return Reply(answer.status, dict(answer.headers), answer.read().decode(), request)
        except HTTPError as refusal:
            with refusal:
                return Reply(refusal.code, dict(refusal.headers), refusal.read().decode(), request)
