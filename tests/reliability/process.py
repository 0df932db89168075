"""Processes that live for one thing and may be killed in it.

They are forked from one that has imported everything and opened nothing, so that each costs a tenth of a second.
"""

import http.client
import multiprocessing
import os
import signal
import socket
import time as real_time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from reliability import child

ROOT = Path(__file__).resolve().parents[2]
# What a test may have changed and a process of its own has to know.
SETTINGS = (
    "CALENDAR_MIRROR_LEASE_SECONDS",
    "CALENDAR_PUSH_URL",
    "CALENDAR_READER",
    "CLOCK_FILE",
    "EMAIL_BACKEND",
    "FAULT_AT",
    "FAULT_TRACE",
    "GOOGLE_BASE",
    "MICROSOFT_BASE",
    "MONEY_CALL_SECONDS",
    "PASSWORD_HASHERS",
    "RATE_LIMITS",
    "RESERVATION_SECONDS",
    "STRIPE_BASE",
)
KILLED = -signal.SIGKILL


def _context():
    """The fork server finds the project and the tests by its environment alone."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["reliability.preloaded"])
    return context


def _start(target, *arguments, **more):
    given = {name: getattr(settings, name) for name in SETTINGS} | more
    process = _context().Process(target=target, args=(connection.settings_dict["NAME"], given, *arguments))
    process.start()
    return process


@contextmanager
def web(**more):
    """A web server, with these settings as well; gives it and its port, and ends it if it still lives."""
    port = _free_port()
    process = _start(child.serve, port, **more)
    try:
        _until_it_listens(process, port)
        yield process, port
    finally:
        process.kill()
        process.join(10)


class Sockets:
    """The Procfile's `socket`, with these settings as well, on a port that it keeps."""

    def __init__(self, **more):
        self.port, self.more, self.process = _free_port(), more, None

    def start(self):
        self.process = _start(child.hold_sockets, self.port, **self.more)
        _until_it_listens(self.process, self.port)

    def kill(self):
        self.process.kill()
        self.process.join(10)

    def close(self):
        if self.process:
            self.kill()


@contextmanager
def worker(**more):
    """A worker for the block, with these settings as well; its clockwork stands still."""
    process = _start(child.keep_working, **more)
    try:
        yield process
        assert process.is_alive()
    finally:
        process.kill()
        process.join(10)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _until_it_listens(process, port):
    end = real_time.monotonic() + 20
    while process.is_alive() and real_time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            real_time.sleep(0.01)
        else:
            return
    raise AssertionError("The web server did not start.")


def work(name="", *, queues=None, **arguments):
    """Have a worker run one job, and whatever waits in these queues, or in all; how it ended (`KILLED`, or 0)."""
    process = _start(child.work, name, arguments, queues)
    process.join(60)
    assert process.exitcode is not None, "The worker did not end."
    return process.exitcode


def send(port, call):
    """One request (`steps.Call`); the status of its answer, or None if the server died over it."""
    is_form = call.headers["Content-Type"].endswith("urlencoded")
    content = urlencode(call.body, doseq=True) if is_form else call.body
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        client.request(call.method, call.path, content, call.headers)
        return client.getresponse().status
    except (ConnectionError, http.client.HTTPException):
        return None
    finally:
        client.close()
