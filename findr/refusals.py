"""How large a body may be, and what is answered before Django is asked: JSON under `/api`, a page to a browser's form."""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string

from findr.errors import FindrError, Invalid, TemporarilyUnavailable, TooLarge, body_of

Headers = list[tuple[bytes, bytes]]

CONSOLE = "/admin/"
# Unfold's Alpine.js makes functions of the words in its attributes ('unsafe-eval'), and its widgets set styles. No script
# stands in a page, and none comes from elsewhere.
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NOT_KEPT = "no-store"

_ALIVE = b'{"alive": true}'
_ACCEPTABLE = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True)
class Refusal:
    """An answer that needs no view; names of headers in lower case."""

    status: int
    headers: Headers
    body: bytes

    def as_wsgi(self) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status line, headers and body, as PEP 3333 has them."""
        status = f"{self.status} {HTTPStatus(self.status).phrase}"
        return status, [(name.decode().title(), value.decode()) for name, value in self.headers], self.body


def identifier_for(given: str) -> str:
    """The id of a request: the one that came with it, unless it could break a log line."""
    return given if _ACCEPTABLE.fullmatch(given) else str(uuid4())


def is_of_the_wire(path: str) -> bool:
    """Whether a path belongs to the wire contract."""
    return path == "/api" or path.startswith("/api/")


def is_of_the_console(path: str) -> bool:
    """Whether people look at what a path answers."""
    return path.startswith(CONSOLE)


def most_bytes(path: str) -> int:
    """How large a body may be that is sent to this path."""
    return settings.MAX_FORM_BYTES if is_of_the_console(path) else settings.MAX_BODY_BYTES


def alive(identifier: str) -> Refusal:
    """200: this process answers, whatever it lacks."""
    length = str(len(_ALIVE)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    return Refusal(200, [*headers, (b"x-request-id", identifier.encode())], _ALIVE)


def too_large(path: str, identifier: str) -> Refusal:
    """413: more than `most_bytes`."""
    return _refusal(TooLarge(), path, identifier)


def cannot_be_read(status: int, path: str, identifier: str) -> Refusal:
    """What the server itself refuses (400), or cannot do (500, 503)."""
    by_status = {400: Invalid("request is invalid"), 503: TemporarilyUnavailable()}
    return _refusal(by_status.get(status, FindrError()), path, identifier)


def page(title: str, sentence: str) -> str:
    """A page of the console for whoever cannot be shown the one that was asked for."""
    return render_to_string("refusal.html", {"title": title, "sentence": sentence})


def _refusal(error: FindrError, path: str, identifier: str) -> Refusal:
    if is_of_the_console(path):
        kind, text = "text/html; charset=utf-8", page(f"{HTTPStatus(error.status).phrase}", NOTHING_SAVED)
    else:
        kind, text = "application/json", json.dumps(body_of(error))
    body = text.encode()
    headers = {
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Cache-Control": NOT_KEPT,
        "Content-Security-Policy": PAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Request-ID": identifier,
    }
    return Refusal(error.status, [(name.lower().encode(), value.encode()) for name, value in headers.items()], body)


NOTHING_SAVED = "This form could not be taken in, and nothing was saved. Go back, and send less at once."
