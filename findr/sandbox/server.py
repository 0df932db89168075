"""HTTP/1.1 on the loopback interface: keep-alive, one write per answer, one event loop and no threads.

Every call is worked in one go on the loop, so the vendors need no locks; only misbehaviour makes a call wait.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote

from findr.sandbox.exchange import Answer, Request

Respond = Callable[[Answer | None], None]
LARGEST_HEAD = 64 * 1024
LARGEST_BODY = 4 * 1024 * 1024
REASONS = {status.value: status.phrase for status in HTTPStatus}


class Application(Protocol):
    """Whoever answers requests. It calls ``respond`` once, now or later; None closes the connection unanswered."""

    def receive(self, request: Request, respond: Respond) -> None:
        """Take one request."""


class Unreadable(Exception):
    """The bytes are no request we serve; holds the status to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Connection(asyncio.Protocol):
    """One client's connection; answers its requests in order."""

    def __init__(self, application: Application, connections: set[Connection]) -> None:
        self._application = application
        self._connections = connections
        self._buffer = bytearray()
        self._busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  asyncio's own contract for a TCP server
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone; work under way for it goes on."""
        self._transport = None
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        self._buffer += data
        self._next()

    def _next(self) -> None:
        while not self._busy and self._transport:
            try:
                request, size = _read(self._buffer)
            except Unreadable as error:
                body = json.dumps({"error": {"message": str(error)}}).encode()
                self._write(Answer(error.status, body), close=True)
                return
            if request is None:
                return
            del self._buffer[:size]
            self._busy = True
            self._application.receive(request, self._responder(request.headers.get("connection", "").lower()))

    def _responder(self, wish: str) -> Respond:
        def respond(answer: Answer | None) -> None:
            self._busy = False
            if answer is None:
                self.close()
            else:
                self._write(answer, close=wish == "close")
            if self._buffer:
                asyncio.get_running_loop().call_soon(self._next)

        return respond

    def _write(self, answer: Answer, *, close: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Unknown')}"]
        headers = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(len(answer.body))}
        if close:
            headers["Connection"] = "close"
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + answer.body)
        if close:
            self._transport.close()

    def close(self) -> None:
        """Hang up without a word."""
        if self._transport:
            self._transport.abort()


def _read(buffer: bytearray) -> tuple[Request | None, int]:
    """The first whole request in the buffer and its size, or None while it is incomplete."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > LARGEST_HEAD:
            raise Unreadable(431, "The request's headers are too large.")
        return None, 0
    start, *lines = buffer[:end].decode("latin-1").split("\r\n")
    words = start.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise Unreadable(400, "This is not an HTTP/1.1 request.")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    size = _body_size(headers)
    whole = end + 4 + size
    if len(buffer) < whole:
        return None, 0
    path, _, query = words[1].partition("?")
    return Request(words[0], unquote(path), query, headers, bytes(buffer[end + 4 : whole])), whole


def _body_size(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise Unreadable(411, "Send the body with a Content-Length.")
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise Unreadable(400, "The Content-Length is not a number.")
    if int(length) > LARGEST_BODY:
        raise Unreadable(413, "The request's body is too large.")
    return int(length)


async def serve(application: Application, port: int, ready: Callable[[int], None], stop: asyncio.Event) -> None:
    """Serve until ``stop`` is set; ``ready`` is told the port (a free one if 0 was asked for)."""
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(application, connections), "127.0.0.1", port, backlog=1024)
    try:
        ready(server.sockets[0].getsockname()[1])
        await stop.wait()
    finally:
        server.close()
        for connection in list(connections):
            connection.close()
