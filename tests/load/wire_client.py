"""As many WebSockets as a machine has ports for, each costing next to nothing: only what a load run has to know of them."""

import asyncio
import base64
import os
from time import perf_counter

KEY = base64.b64encode(os.urandom(16)).decode()


class Client(asyncio.Protocol):
    """One socket: when each of its frames arrived. It answers pings, and says nothing else."""

    def __init__(self, target, port):
        self.request = (
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self.began = asyncio.get_running_loop().create_future()
        self.arrivals = []
        self.kept = b""
        self.is_upgraded = False

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data):
        now, data = perf_counter(), self.kept + data
        if not self.is_upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self.kept = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.is_upgraded = True
        while (size := whole(data)) and len(data) >= size:
            self.take(data[:size], now)
            data = data[size:]
        self.kept = data

    def take(self, frame, now):
        kind = frame[0] & 0x0F
        if kind == 9:
            self.transport.write(bytes([0x8A, 0x80 | (len(frame) - 2), 0, 0, 0, 0]) + frame[2:])
        elif kind == 1 and not self.began.done():
            self.began.set_result(frame)
        elif kind == 1:
            self.arrivals.append(now)
        elif kind == 8 and not self.began.done():
            self.began.set_exception(ConnectionError(f"closed with {int.from_bytes(frame[2:4])}"))

    def connection_lost(self, error):
        if not self.began.done():
            self.began.set_exception(ConnectionError(f"lost: {error}"))


def whole(data):
    """How long the frame is with which this begins; 0 if that cannot be seen yet. Servers mask nothing."""
    if len(data) < 2:
        return 0
    size = data[1] & 0x7F
    if size < 126:
        return 2 + size
    wide = 2 if size == 126 else 8
    return 2 + wide + int.from_bytes(data[2 : 2 + wide]) if len(data) >= 2 + wide else 0


async def connected(port, targets, at_once=100):
    """A client for each of these addresses, so many handshakes at a time."""
    loop, limit = asyncio.get_running_loop(), asyncio.Semaphore(at_once)

    async def one(target):
        async with limit:
            _, client = await loop.create_connection(lambda: Client(target, port), "127.0.0.1", port)
            await client.began
            return client

    return await asyncio.gather(*map(one, targets))
