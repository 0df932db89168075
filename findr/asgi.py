"""The ASGI application: one port for everything.

HTTP goes to the WSGI application in a pool of threads: sync views cost half of what they cost on Django's own ASGI
handler, and threads that live on can share a bounded pool of database connections. Bodies are read, and answers are
written, on the event loop in one piece: each hop between loop and thread costs more than most of what it would carry.
How much of a body is taken in at all is decided in front of that, where Daphne would hold all of it (`findr/front.py`),
and once more here, for other servers.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, cast

from a2wsgi.wsgi import build_environ
from channels.routing import ProtocolTypeRouter
from django.conf import settings

from findr import front, refusals
from findr.wsgi import page
from notifications.realtime.consumer import LiveFeed

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_threads = ThreadPoolExecutor(settings.WEB_THREADS, thread_name_prefix="web")


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """`/healthz` at once, whatever the threads are busy with; everything else in a thread."""
    if scope["path"] == "/healthz":
        await _answer(send, refusals.alive(_identifier(scope)))
        return
    body = await _whole_body(scope, receive)
    if body is None:
        await _answer(send, refusals.too_large(scope["path"], _identifier(scope)))
        return
    loop = asyncio.get_running_loop()
    status, headers, content = await loop.run_in_executor(_threads, copy_context().run, _page, scope, body)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _whole_body(scope: Scope, receive: Receive) -> bytes | None:
    """What was sent; None if it is too large, which is looked at before anything is done with it."""
    most = refusals.most_bytes(scope["path"])
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if declared.isdigit() and (len(declared) > 18 or int(declared) > most):
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _page(scope: Scope, body: bytes) -> tuple[int, Headers, bytes]:
    """Call the WSGI application (PEP 3333). A chunked body has no length of its own: it is given one.

    There `X_Forwarded_For` and `X-Forwarded-For` are one name, and only the latter is what a proxy wrote: no header with an
    underscore is taken in.
    """
    kept = [
        (name, value)
        for name, value in scope["headers"]
        if b"_" not in name and name not in (b"transfer-encoding", b"content-length")
    ]
    sized = {**scope, "headers": [*kept, (b"content-length", str(len(body)).encode())]}
    environ = build_environ(cast("Any", sized), cast("Any", io.BytesIO(body)))
    status, headers, content = page(cast("dict[str, Any]", environ))
    return (
        int(status.split(" ", 1)[0]),
        [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in headers],
        content,
    )


def _identifier(scope: Scope) -> str:
    return refusals.identifier_for(dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1"))


async def _answer(send: Send, answer: refusals.Refusal) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


application = ProtocolTypeRouter({"http": http, "websocket": LiveFeed()})
front.stand()
