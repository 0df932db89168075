"""People who listen as a phone does: whose sockets break, who come back with the last number, and fetch on a `reload`."""

import asyncio
import json
import random
from urllib.parse import urlencode

from live import PATH
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage


class Listener:
    """One person's app.

    Attributes:
        frames: all that it holds, by what it was told.
        reloads: how often it was told to fetch everything.
    """

    def __init__(self, port, recipient, token, fetch, draw, longest):
        self.query = {"userId": recipient, "token": token}
        self.port, self.recipient, self.fetch = port, recipient, fetch
        self.draw, self.longest = draw, longest
        self.frames, self.reloads, self.breaks, self.faults = [], 0, 0, []

    async def listen(self, is_over):
        """Until it is over; what is wrong with what it hears is kept in `faults`."""
        while not is_over.is_set():
            try:
                await self.one_socket(is_over)
            except (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage, TimeoutError):
                await asyncio.sleep(0.2)

    async def one_socket(self, is_over):
        query = urlencode({**self.query, "since": len(self.frames)})
        url = f"ws://127.0.0.1:{self.port}{PATH}?{query}"
        ends_at = asyncio.get_running_loop().time() + self.draw.uniform(0.03, 1) * self.longest
        async with connect(url, compression=None, proxy=None, open_timeout=10, close_timeout=1) as socket:
            while not is_over.is_set():
                left = ends_at - asyncio.get_running_loop().time()
                if left <= 0:
                    self.breaks += 1
                    socket.transport.abort()
                    return
                try:
                    self.take(json.loads(await asyncio.wait_for(socket.recv(), min(left, 0.5))))
                except TimeoutError:
                    continue

    def take(self, frame):
        if frame["type"] == "reload":
            self.reloads += 1
            self.frames = self.fetch(self.recipient, frame["lastSeq"])
        elif "seq" in frame and frame["seq"] != len(self.frames) + 1:
            self.faults.append(f"{frame['seq']} after {len(self.frames)}")
        elif "seq" in frame:
            self.frames.append(frame)


def drawn(seed):
    return random.Random(seed)
