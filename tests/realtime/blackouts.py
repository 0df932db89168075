"""What may go away while people listen: a Redis and a web process of one's own, on addresses that stay."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time as machine
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from web import ROOT, Server, database_url, web_command

from findr.devstack.redis import find_server

# A machine that is busy with other things takes its time to start a process.
SECONDS = 120


class Redis:
    """On a Unix socket in a folder of its own."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="findr-r-"))
        self.url = f"unix://{self.folder}/redis.sock"
        self.process = None

    def start(self):
        place = self.folder / "redis.sock"
        place.unlink(missing_ok=True)
        words = [
            "--port",
            "0",
            "--unixsocket",
            str(place),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(self.folder),
        ]
        self.process = subprocess.Popen([find_server(), *words], stdout=subprocess.DEVNULL)
        until(self.listens)

    def listens(self):
        """Its place alone says little: it is there a moment before somebody listens."""
        with socket.socket(socket.AF_UNIX) as visitor, suppress(OSError):
            visitor.connect(f"{self.folder}/redis.sock")
            return True
        return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    @contextmanager
    def standing_still(self):
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.kill()
        shutil.rmtree(self.folder)


class Web:
    """The Procfile's `all` on a port that it keeps."""

    def __init__(self, log, **variables):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = log
        self.variables = {"DATABASE_URL": database_url(), "ALLOWED_HOSTS": "127.0.0.1", **variables}
        self.process = None

    def start(self):
        with self.log.open("ab") as output:
            given = {**os.environ, **self.variables}
            self.process = subprocess.Popen(web_command(self.port), cwd=ROOT, env=given, stdout=output, stderr=output)
        until(self.answers)

    def answers(self):
        try:
            return Server(self.port, self.log, self.process.pid).ask("GET", "/healthz").status == 200
        except OSError:
            return False

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def until(condition):
    deadline = machine.monotonic() + SECONDS
    while not condition():
        if machine.monotonic() > deadline:
            pytest.fail(f"It took too long until {condition}.")
        machine.sleep(0.02)
