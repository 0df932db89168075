"""Requests that are drawn: any route with any method, right but for one thing, or wrong in most.

The same seed, number and facts draw the same bytes: `bin/test --fuzz 2000 SEED` plays them again.
"""

import json
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote_from_bytes

from fuzz.oddities import (
    HEADER_NAMES,
    HEADER_VALUES,
    METHODS,
    ODD_SEGMENTS,
    ODD_TEXTS,
    ODD_VALUES,
    QUERY_NAMES,
    RAW_BODIES,
)

ELSEWHERE = (
    "/",
    "/nope",
    "/api",
    "/api/",
    "/api/nope",
    "/admin",
    "/healthz",
    "/readyz",
    "/static/unfold/js/app.js",
    "/favicon.ico",
)


@dataclass
class Facts:
    """What there is to ask about, as a round of requests begins.

    Attributes:
        routes: method and path of each, its parameters as `:name`.
        bodies: by route, what it takes.
        forms: by page of the console, the fields of its form.
        tokens: by who has it; owners: by route, whose it is.
        ids: by a parameter's name, good ones; under "" those of everything in the console.
    """

    routes: list[tuple[str, str]]
    bodies: dict[tuple[str, str], list[dict]]
    forms: dict[str, dict[str, str]]
    ids: dict[str, list[str]]
    tokens: dict[str, str]
    owners: dict[tuple[str, str], str]
    session: str
    csrf: str


@dataclass
class Drawn:
    """One request, and the bytes that are sent."""

    number: int
    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes | None = None
    is_chunked: bool = False

    @property
    def is_last(self) -> bool:
        """Whether nothing may follow it on its connection: who knows where it ends."""
        names = {name.lower() for name, _ in self.headers}
        return bool(names & {b"content_length", b"upgrade", b"expect", b"connection"}) or b" " in self.target

    @property
    def content(self) -> bytes:
        """What goes over the wire."""
        lines = [self.method + b" " + self.target + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in self.headers]
        body = self.body or b""
        if self.is_chunked:
            lines.append(b"Transfer-Encoding: chunked")
            parts = [body[:7], body[7:]] if len(body) > 7 else [body]
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part) + b"0\r\n\r\n"
        elif self.body is not None:
            lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join([*lines, b"", body])


def draw(seed: int, number: int, facts: Facts) -> Drawn:
    """The request with this number."""
    return _Draw(Random(f"{seed}:{number}"), facts).request(number)


class _Draw:
    def __init__(self, random: Random, facts: Facts) -> None:
        self.random, self.facts = random, facts

    def seldom(self, share: float) -> bool:
        return self.random.random() < share

    def request(self, number: int) -> Drawn:
        method, route = self.route()
        drawn = Drawn(number, method.encode(), self.target(route))
        if self.seldom(0.15):
            drawn.method = self.random.choice(METHODS)
        kind, drawn.body = self.body(method, route)
        drawn.is_chunked = drawn.body is not None and self.seldom(0.1)
        drawn.headers = self.headers(method, route, kind)
        return drawn

    def route(self) -> tuple[str, str]:
        """The wire and the console in equal parts, and now and then what is neither."""
        if self.seldom(0.03):
            return "GET", self.random.choice(ELSEWHERE)
        is_wire = self.seldom(0.5)
        return self.random.choice([one for one in self.facts.routes if one[1].startswith("/api/") == is_wire])

    # --- Where --------------------------------------------------------------------------------------------------------
    def target(self, route: str) -> bytes:
        segments = [self.segment(part) for part in route.split("/")]
        if self.seldom(0.07):
            segments[self.random.randrange(1, len(segments) + 1) :] = [self.random.choice(ODD_SEGMENTS)]
        path = b"/".join(segments) or b"/"
        if self.seldom(0.03):
            path += b"/"
        if self.seldom(0.01):
            path = b"http://127.0.0.1" + path
        return path + (self.query() if self.seldom(0.35) else b"")

    def segment(self, part: str) -> bytes:
        if not part.startswith(":"):
            return part.encode()
        if self.seldom(0.3):
            return self.random.choice([*ODD_SEGMENTS, self.quoted(self.random.choice(ODD_TEXTS))])
        return self.random.choice(self.facts.ids.get(part[1:]) or self.facts.ids[""]).encode()

    def query(self) -> bytes:
        pairs = []
        for _ in range(self.random.choice((1, 1, 2, 3, 3 if self.seldom(0.95) else 1500))):
            name = self.random.choice(QUERY_NAMES)
            value = self.random.choice([*ODD_TEXTS, *self.facts.ids[""][:20]])
            pairs.append(
                self.quoted(name)
                + b"="
                + (value.encode("utf-8", "surrogatepass")[:40] if self.seldom(0.05) else self.quoted(value))
            )
        return b"?" + b"&".join(pairs).replace(b" ", b"+").replace(b"\r\n", b"").replace(b"\n", b"")[:9000]

    def quoted(self, text: str) -> bytes:
        return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="").encode()

    # --- Who, and in which words ----------------------------------------------------------------------------------------
    def headers(self, method: str, route: str, kind: bytes) -> list[tuple[bytes, bytes]]:
        headers = [(b"Host", b"127.0.0.1")]
        if kind:
            headers.append((b"Content-Type", kind))
        if route.startswith("/admin"):
            if self.seldom(0.95):
                cookie = f"sessionid={self.facts.session}; csrftoken={self.facts.csrf}"
                headers.append((b"Cookie", cookie.encode()))
        elif self.seldom(0.9):
            owner = self.facts.owners.get((method, route), "patient")
            who = self.random.choice(list(self.facts.tokens)) if self.seldom(0.25) else owner
            headers.append((b"Authorization", b"Bearer " + self.facts.tokens[who].encode()))
        if self.seldom(0.3) and not route.startswith("/admin"):
            headers.append((b"Idempotency-Key", f"key-{self.random.randrange(50)}".encode()))
        more = range(self.random.choice((0, 0, 0, 1, 1, 2, 5)))
        return headers + [(self.random.choice(HEADER_NAMES), self.random.choice(HEADER_VALUES)) for _ in more]

    # --- What ----------------------------------------------------------------------------------------------------------
    def body(self, method: str, route: str) -> tuple[bytes, bytes | None]:
        if method == "GET" and self.seldom(0.95):
            return b"", None
        if self.seldom(0.1):
            return self.random.choice((b"", b"application/json", b"text/plain")), self.random.choice(RAW_BODIES)
        if route in self.facts.forms:
            return b"application/x-www-form-urlencoded", self.form(self.facts.forms[route])
        given = dict(self.random.choice(self.facts.bodies.get((method, route), [{}])))
        for name in [*given, "idempotencyKey", "x"]:
            if self.seldom(0.15):
                given[name] = self.random.choice(ODD_VALUES)
        return b"application/json", json.dumps(given).encode()

    def form(self, fields: dict[str, str]) -> bytes:
        given = {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}
        for name in [*given, "_selected_action", "action", "_save", "_popup"]:
            if self.seldom(3 / (len(given) + 3)):
                given[name] = self.random.choice(ODD_TEXTS)
        given["csrfmiddlewaretoken"] = self.facts.csrf
        return b"&".join(self.quoted(name) + b"=" + self.quoted(value) for name, value in given.items())
