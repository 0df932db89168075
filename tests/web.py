"""findr's servers as the Procfile starts them, and ways to talk to it over real sockets."""

import http.client
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time as machine
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
# The Procfile's processes that listen, and what each is.
SERVERS = {"all": "daphne", "web": "granian", "socket": "uvicorn"}


@dataclass
class Reply:
    status: int
    headers: dict
    content: bytes

    @property
    def body(self):
        return json.loads(self.content)

    @property
    def refusal(self):
        return self.status, self.body["code"], self.body["error"]


class Server:
    """One server, and ways to talk to it."""

    def __init__(self, port, log, pid):
        self.port, self.log, self.pid = port, log, pid

    @property
    def lines(self):
        """What it has written so far."""
        return self.log.read_text().splitlines()

    def ask(self, method, path, body=None, **headers):
        """One request on a connection of its own; an iterable body goes out in chunks."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            return self.ask_on(client, method, path, body, **headers)
        finally:
            client.close()

    def ask_on(self, client, method, path, body=None, **headers):
        """One request on this connection."""
        chunked = body is not None and not isinstance(body, bytes)
        given = {"Transfer-Encoding": "chunked", **headers} if chunked else headers
        client.request(method, path, body, given, encode_chunked=chunked)
        answer = client.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def say(self, text):
        """Send this text as it is; all that comes back until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as client:
            client.sendall(text)
            return b"".join(iter(lambda: client.recv(65536), b""))


def web_command(port, process="all", **given):
    """The Procfile's own line of this process, for this machine only; `given` are the variables in it."""
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    line = lines[process].replace("$PORT", str(port)).replace("0.0.0.0", "127.0.0.1")
    words = shlex.split(re.sub(r"\$\{(\w+):-(\w+)\}", lambda found: given.get(found[1], found[2]), line))
    assert words[0] == SERVERS[process]
    return [sys.executable, "-m", *words]


def database_url():
    """The tests' own database, at the address that findr was given."""
    name = quote(connection.settings_dict["NAME"])
    return re.sub(r"^(\w+://[^/?]*)[^?]*", rf"\1/{name}", os.environ["DATABASE_URL"])


@contextmanager
def started(log, process="all", **variables):
    """One server for the block, on the tests' own database; the variables are findr's settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = {**os.environ, "DATABASE_URL": database_url(), "ALLOWED_HOSTS": "127.0.0.1", **variables}
    with log.open("wb") as output:
        server = subprocess.Popen(
            web_command(port, process, **variables), cwd=ROOT, env=given, stdout=output, stderr=output
        )
    try:
        _wait_for(server, port, log)
        yield Server(port, log, server.pid)
        assert server.poll() is None, log.read_text()
    finally:
        server.terminate()
        server.wait(60)


def _wait_for(process, port, log):
    deadline = machine.monotonic() + 120
    while machine.monotonic() < deadline and process.poll() is None:
        try:
            if Server(port, log, process.pid).ask("GET", "/healthz").status == 200:
                return
        except OSError:
            machine.sleep(0.05)
    pytest.fail(log.read_text())


def lines_about(server, identifier):
    """The access lines of a request, once they are there."""
    deadline = machine.monotonic() + 10
    while machine.monotonic() < deadline:
        if found := [line for line in server.lines if f'"{identifier}"' in line and '"findr.access"' in line]:
            return [json.loads(line) for line in found]
        machine.sleep(0.02)
    return []
