"""An HTTP server that takes deliveries as findr would, remembers them, and answers as it is told."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import stripe  # noqa: TID251  the SDK that findr uses checks the signatures

from findr import clock

SECRET = "whsec_of_the_tests"
# What a hold on a card makes.
HELD_EVENTS = ["payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated"]


class Receiver:
    """What arrived, in the order of arrival, and the statuses of the next answers (then 200)."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[Message] = []
        self.answers: list[int] = []
        self.open = Event()
        self.open.set()
        self.url = ""
        self.asked = Event()
        # How a handshake (an address that is asked to repeat a word) is answered.
        self.handshake = 200

    @property
    def signatures(self) -> list[str]:
        return [headers["Stripe-Signature"] for headers in self.headers]

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body in self.bodies]

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["id"] for body in self.bodies]

    def take(self, body: bytes, headers: Message) -> int:
        self.bodies.append(body)
        self.headers.append(headers)
        self.open.wait(10)
        return self.answers.pop(0) if self.answers else 200


@contextmanager
def receiving() -> Any:
    """A receiver for the length of a ``with`` block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            question = parse_qs(urlsplit(self.path).query).get("validationToken")
            if question:
                receiver.asked.set()
                receiver.open.wait(10)
                status, answer = receiver.handshake, question[0].encode()
            else:
                status, answer = receiver.take(body, self.headers), b'{"received": true}'
            self.send_response(status)
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


def verified(receiver, number=-1, tolerance=300):
    """The event as the SDK accepts it; its patience counts from the machine's clock, which may not be the run's."""
    if tolerance is not None:
        tolerance -= round(clock.now().timestamp() - time.time())
    return stripe.Webhook.construct_event(receiver.bodies[number], receiver.signatures[number], SECRET, tolerance)
