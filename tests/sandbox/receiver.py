"""An HTTP server that takes webhooks as findr would, remembers them, and answers as it is told."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

SECRET = "whsec_of_the_tests"


class Receiver:
    """What arrived, in the order of arrival, and the statuses of the next answers (then 200)."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []
        self.answers: list[int] = []
        self.open = Event()
        self.open.set()
        self.url = ""

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body in self.bodies]

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["id"] for body in self.bodies]

    def take(self, body: bytes, signature: str) -> int:
        self.bodies.append(body)
        self.signatures.append(signature)
        self.open.wait(10)
        return self.answers.pop(0) if self.answers else 200


@contextmanager
def receiving() -> Any:
    """A receiver for the length of a ``with`` block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = b'{"received": true}'
            self.send_response(receiver.take(body, self.headers["Stripe-Signature"]))
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.open.set()
        server.shutdown()
        server.server_close()
        thread.join()
