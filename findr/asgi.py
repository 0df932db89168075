"""The ASGI application: one port for everything.

HTTP goes to the WSGI application in a pool of threads: sync views cost half of what they cost on Django's own ASGI
handler, and threads that live on can share a bounded pool of database connections.
"""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from channels.routing import ProtocolTypeRouter
from django.conf import settings

from findr.api.middleware import identifier_for
from findr.wsgi import application as wsgi_application

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_pages = WSGIMiddleware(cast("Any", wsgi_application), workers=settings.WEB_THREADS)
_JSON = (b"content-type", b"application/json")
_TOO_LARGE = (
    b'{"success": false, "error": "Request is too large", "message": "Request is too large", "code": "too_large"}'
)


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """`/healthz` at once, whatever the threads are busy with; everything else in a thread."""
    if scope["path"] == "/healthz":
        await _answer(scope, send, 200, b'{"alive": true}')
    elif any(name == b"transfer-encoding" for name, _ in scope["headers"]):
        await _with_length(scope, receive, send)
    else:
        await _pages(scope, receive, send)  # type: ignore[arg-type]


async def _with_length(scope: Scope, receive: Receive, send: Send) -> None:
    """A chunked body has no length, and WSGI reads no body without one: it is gathered, and given its length."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > settings.MAX_BODY_BYTES:
            await _answer(scope, send, 413, _TOO_LARGE)
            return
        if not message.get("more_body"):
            break
    headers = [(name, value) for name, value in scope["headers"] if name != b"transfer-encoding"]
    headers.append((b"content-length", str(len(body)).encode()))
    whole: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_whole() -> dict[str, Any]:
        return whole.pop() if whole else await receive()

    await _pages({**scope, "headers": headers}, receive_whole, send)  # type: ignore[arg-type]


async def _answer(scope: Scope, send: Send, status: int, body: bytes) -> None:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    headers = [_JSON, (b"content-length", str(len(body)).encode()), (b"x-request-id", identifier_for(given).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def no_sockets_yet(scope: Scope, receive: Receive, send: Send) -> None:
    """Live updates come with the feed; until then a handshake is refused, not left hanging."""
    await send({"type": "websocket.close"})


application = ProtocolTypeRouter({"http": http, "websocket": no_sockets_yet})
