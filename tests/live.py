"""The live feed as an app or a portal has it: a WebSocket client, and what arrives there."""

import json
import socket
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import jwt
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATH = "/api/bookings/realtime"
SECONDS = 15


class Line:
    """One socket."""

    def __init__(self, connection):
        self.connection = connection

    def next(self, within=SECONDS):
        """The next frame."""
        return json.loads(self.connection.recv(timeout=within))

    def first(self):
        """The first frame; `{"type": code}` if the socket ended instead."""
        try:
            return self.next()
        except ConnectionClosed as closed:
            return {"type": closed.rcvd.code}

    def take(self, number):
        """The next frames, so many."""
        return [self.next() for _ in range(number)]

    def say(self, **frame):
        self.connection.send(json.dumps(frame))

    def ping(self):
        """The answer, and what came before it: all that was sent until now."""
        self.say(type="ping")
        frames = []
        while not frames or frames[-1]["type"] != "pong":
            frames.append(self.next())
        return frames.pop(), frames

    def ended(self):
        """The close code; what arrives before it is passed over."""
        try:
            while True:
                self.connection.recv(timeout=SECONDS)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


def address(server, **query):
    return f"ws://127.0.0.1:{server.port}{PATH}" + (f"?{urlencode(query)}" if query else "")


@contextmanager
def opened(server, headers=None, origin=None, **query):
    """A socket for the block, however it signs in. No compression: nobody offers it."""
    with connect(
        address(server, **query), additional_headers=headers, origin=origin, compression=None, proxy=None
    ) as connection:
        yield Line(connection)


@contextmanager
def listening(server, person, **query):
    """A socket of this person, which has begun; `line.connected` is its first frame."""
    kind = "provider" if person.provider else "patient"
    with opened(server, userId=person.id, type=kind, token=person.token, **query) as line:
        line.connected = line.next()
        assert line.connected["type"] == "connected"
        yield line


@contextmanager
def not_reading(server, person):
    """A socket that reads its first frame and then hardly any: until it is asked for more."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.connect(("127.0.0.1", server.port))
    url = address(server, userId=person.id, token=person.token)
    with connect(url, sock=narrow, compression=None, proxy=None) as connection:
        line = Line(connection)
        assert line.next()["type"] == "connected"
        yield line


def expiring(person, seconds):
    """This person's token, which ends in so many seconds of the server's clock."""
    claims = jwt.decode(person.token, options={"verify_signature": False})
    now = datetime.now(UTC) + timedelta(seconds=settings.CLOCK_AHEAD)
    return jwt.encode({**claims, "exp": int(now.timestamp()) + seconds}, settings.JWT_SECRET, algorithm="HS256")
