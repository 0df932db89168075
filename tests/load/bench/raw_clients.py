"""Many clients in one thread: prepared requests over sockets that stay open, each client with one call at a time.

Nothing is read of an answer but its status and where it ends, so that the clients take little of the machine.
"""

import re
import selectors
import socket
from time import perf_counter

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
PATIENCE_SECONDS = 60


class Broken(Exception):
    """A server closed the connection, or said nothing for too long."""


class Client:
    """One connection; which request it waits for an answer to, and since when."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()

    def ask(self, number, request):
        self.number = number
        self.received.clear()
        self.began = perf_counter()
        self.socket.sendall(request)

    def read(self):
        """Take what has arrived; the whole answer as (status, body) once it is here."""
        arrived = self.socket.recv(262_144)
        if not arrived:
            raise Broken(f"closed after {bytes(self.received[:300])!r}")
        self.received += arrived
        return whole(self.received)


def whole(received):
    """Status and body of an answer; None while some of it is missing."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = LENGTH.search(received, 0, end + 2)
    if length is None:
        return (
            None if not received.endswith(b"\r\n0\r\n\r\n") else (int(received[9:12]), unchunked(received[end + 4 :]))
        )
    if len(received) < end + 4 + int(length[1]):
        return None
    return int(received[9:12]), bytes(received[end + 4 :])


def unchunked(body):
    """The content of a body that came in chunks."""
    content, rest = b"", bytes(body)
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        content, rest = content + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return content


def play(port, requests, clients):
    """All the requests, by so many clients at once; (status, body, seconds) of each, in the order of the requests."""
    answers, waiting = [None] * len(requests), iter(enumerate(requests))
    with selectors.DefaultSelector() as selector:
        crowd = [Client(port) for _ in range(min(clients, len(requests)))]
        for client in crowd:
            client.ask(*next(waiting))
            selector.register(client.socket, selectors.EVENT_READ, client)
        busy = len(crowd)
        while busy:
            events = selector.select(PATIENCE_SECONDS)
            if not events:
                raise Broken(f"{busy} calls without an answer for {PATIENCE_SECONDS} seconds")
            for key, _ in events:
                busy -= take(key.data, answers, waiting)
        for client in crowd:
            client.socket.close()
    return answers


def take(client, answers, waiting):
    """Read what came for a client; once its answer is whole, ask the next. Whether there was none left to ask."""
    answer = client.read()
    if answer is None:
        return False
    answers[client.number] = *answer, perf_counter() - client.began
    following = next(waiting, None)
    if following is None:
        return True
    client.ask(*following)
    return False


def request(method, path, token, body=b""):
    """The bytes of one call."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    content = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if method != "GET" else ""
    return f"{head}{content}\r\n".encode() + body
