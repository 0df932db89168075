"""What stands in front of the application inside Daphne, which takes in a whole body before it asks anybody.

A body is refused on its declared length, or on what has arrived of it; a request that does not arrive in time is ended;
each answer has its line in the log. Daphne has no settings for any of these, so its factory of connections is replaced.
https://docs.twisted.org/en/stable/api/twisted.web.http.HTTPChannel.html
"""

import time
from http import HTTPStatus
from typing import Any

# Before anything else of Twisted: it chooses the event loop.
import daphne.server
from daphne.http_protocol import HTTPFactory, WebRequest
from django.conf import settings
from twisted.internet.interfaces import IDelayedCall
from twisted.web.http import HTTPChannel

from findr import access, front_sockets, refusals

# Says where an application is mounted, to whoever believes it: here nobody may say so.
_NOT_BELIEVED = b"daphne-root-path"


class Request(WebRequest):  # type: ignore[misc]
    """One request, taken in as far as it may be."""

    channel: "Channel"

    def __init__(self, channel: "Channel", queued: Any) -> None:
        # Django reads the forms; Twisted would read each of them as well.
        super().__init__(channel, queued, parsePOSTFormSubmission=False)
        self.began = time.monotonic()
        self.is_refused = self.is_told = False
        self.most_bytes = 0

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        """All headers are here; a chunked body has no length."""
        self.method, self.uri = self.channel._command, self.channel._path
        self.requestHeaders.removeHeader(_NOT_BELIEVED)
        self.most_bytes = refusals.most_bytes(self.address)
        if length is not None and length > self.most_bytes:
            self._refuse()
        super().gotLength(0)  # In memory, where Twisted would begin a file for what has no length or a large one.

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        """A part of the body. What comes after the refusal is let go, so that the answer reaches whoever still sends."""
        if not self.is_refused and self.content.tell() + len(data) > self.most_bytes:
            self._refuse()
        if not self.is_refused:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        """The whole of it is here."""
        if self.is_refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(command, path, version)

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """What Daphne itself refuses, as everything else is refused."""
        answer = refusals.cannot_be_read(status, self.address, self.identifier)
        self.handle_reply({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        self.handle_reply({"type": "http.response.body", "body": answer.body})

    def finish(self) -> None:
        """Answered, all of it."""
        super().finish()
        self._tell(self.code, self.sentLength)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Gone, answered or not."""
        super().connectionLost(reason)
        self._tell(0, 0)

    @property
    def address(self) -> str:
        """Path and query as they came."""
        return str(self.uri, "ascii", "replace")

    @property
    def identifier(self) -> str:
        """The id in the answer, once there is one, or the one that was sent."""
        given = self.responseHeaders.getRawHeaders(b"x-request-id") or self.requestHeaders.getRawHeaders(
            b"x-request-id", [b""]
        )
        return refusals.identifier_for(given[0].decode("latin-1"))

    def _refuse(self) -> None:
        self.is_refused = True
        # Nobody is asked to go on.
        self.requestHeaders.removeHeader(b"expect")
        answer = refusals.too_large(self.address, self.identifier)
        self.responseHeaders.setRawHeaders(b"x-request-id", [dict(answer.headers)[b"x-request-id"]])
        self.channel.say(answer)
        self._tell(answer.status, len(answer.body))

    def _tell(self, status: int, size: int) -> None:
        if not self.is_told:
            self.is_told = True
            access.write(
                self.method.decode("ascii", "replace"),
                self.address,
                status=status,
                size=size,
                seconds=time.monotonic() - self.began,
                identifier=self.identifier,
            )


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection: each of its requests has to arrive whole within `RECEIVE_SECONDS`, however its bytes are spread."""

    _deadline: IDelayedCall | None = None

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """The first byte of a request starts its time; a connection that is merely open has Twisted's minute."""
        if self._deadline is None and not self._handlingRequest:
            self._deadline = self.callLater(settings.RECEIVE_SECONDS, self._end_late)
        super().dataReceived(data)

    def allContentReceived(self) -> None:  # noqa: N802
        """In time."""
        self._forget_deadline()
        super().allContentReceived()

    def connectionLost(self, reason: Any) -> None:  # noqa: N802
        """Nobody is there to wait for."""
        self._forget_deadline()
        super().connectionLost(reason)

    def say(self, answer: refusals.Refusal) -> None:
        """Answer before the request is whole; nothing else is answered on this connection."""
        self.persistent = 0
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}".encode(), b"connection: close"]
        lines += [name + b": " + value for name, value in answer.headers]
        self.transport.write(b"\r\n".join([*lines, b"", answer.body]))

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802
        """What is no request; Twisted's own answer says nothing at all."""
        self.say(refusals.cannot_be_read(HTTPStatus.BAD_REQUEST, "", refusals.identifier_for("")))
        self.loseConnection()

    def _end_late(self) -> None:
        self._deadline = None
        if not any(request.is_refused for request in self.requests):
            self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        self.timeoutConnection()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Factory(HTTPFactory):  # type: ignore[misc]
    """Makes the connections."""

    protocol = Channel

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        # Its own lines hold query strings.
        server.action_logger = access.write_socket
        server.ping_interval = settings.SOCKET_PING_SECONDS
        server.handle_reply = front_sockets.paced(server.handle_reply)

    def buildProtocol(self, addr: Any) -> Channel:  # noqa: N802
        """A connection from `addr`."""
        channel: Channel = super().buildProtocol(addr)
        channel.requestFactory = Request
        return channel

    def acceptableProtocols(self) -> list[bytes]:  # noqa: N802
        """HTTP/2 would come past all of this."""
        return [b"http/1.1"]


def stand() -> None:
    """From now on; Daphne makes its factory after it has loaded the application."""
    daphne.server.HTTPFactory = Factory
    daphne.server.WebSocketFactory = front_sockets.Factory
