"""The application of the `web` process: REST and the admin under a WSGI server, behind a proxy (docs/nginx.conf).

Such a server (granian) lends a thread to a request before its body is here, so that whoever sends slowly would keep one, and
a chunked body that breaks off looks to it like a whole one. The proxy takes in whole requests and hands them over with
their length; anything else is refused here before it is read. Each answer has its line in the log.
"""

import io
import sys
import time
from collections.abc import Callable
from typing import Any

from findr import access, refusals
from findr.wsgi import page

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

# A body that is refused is taken in all the same, up to what the proxy hands over (its `client_max_body_size`): a server that
# answers and closes while the proxy still sends is away to it, and what it answered is lost.
DISCARDED_BYTES = 4 * 1024 * 1024


def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
    """PEP 3333. A list, so that the server sends one piece and nobody comes back to Python for a second."""
    began, path = time.monotonic(), environ["PATH_INFO"]
    identifier = refusals.identifier_for(environ.get("HTTP_X_REQUEST_ID", ""))
    early = _before_django(environ, path, identifier)
    status, headers, body = page(environ) if early is None else early.as_wsgi()
    start_response(status, headers)
    access.write(
        environ["REQUEST_METHOD"],
        path,
        status=int(status[:3]),
        size=0 if environ["REQUEST_METHOD"] == "HEAD" else len(body),
        seconds=time.monotonic() - began,
        identifier=dict(headers).get("X-Request-ID") or identifier,
    )
    return [body]


def _before_django(environ: Environ, path: str, identifier: str) -> refusals.Refusal | None:
    """The answer that needs no Django, if there is one; else the body is in memory, whole."""
    if path == "/healthz":
        return refusals.alive(identifier)
    length = environ.get("CONTENT_LENGTH") or "0"
    # Nobody knows how long it is, or two say so differently.
    if "HTTP_TRANSFER_ENCODING" in environ or not length.isdigit():
        return refusals.cannot_be_read(400, path, identifier)
    size = int(length) if len(length) <= 18 else sys.maxsize  # Of thousands of digits Python makes no number.
    if size > refusals.most_bytes(path):
        if size <= DISCARDED_BYTES:
            environ["wsgi.input"].read(size)
        return refusals.too_large(path, identifier)
    body = environ["wsgi.input"].read(size) if size else b""
    if len(body) < size:
        return refusals.cannot_be_read(400, path, identifier)
    environ["wsgi.input"] = io.BytesIO(body)
    return None
