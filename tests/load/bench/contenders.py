"""Who is measured: checkouts of findr behind their servers, and the careful Node server; each with a database of its own."""

import http.client
import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
# Whatever the clients do is within the limits; that they are counted is part of the work.
LIMITS = dict.fromkeys(("RATE_CREATE_BOOKING", "RATE_WRITE", "RATE_READ"), "1000000/60")
STARTS_WITHIN_SECONDS = 60


class CannotMeasure(Exception):
    """A part of the benchmark did not start; the text says which and why."""


@dataclass(frozen=True)
class Server:
    """A web server for findr: what it is called, what must be installed, and its words after `python -m`."""

    name: str
    package: str
    words: str

    @property
    def is_installed(self):
        return importlib.util.find_spec(self.package) is not None

    def command(self, port, folder):
        """To serve this checkout; one from before there was `findr.web` has `findr.wsgi` alone."""
        words = (
            self.words if (folder / "findr" / "web.py").is_file() else self.words.replace("findr.web:", "findr.wsgi:")
        )
        return [sys.executable, "-m", *words.format(port=port).split()]


SERVERS = (
    Server("daphne", "daphne", "daphne -v 0 -b 127.0.0.1 -p {port} findr.asgi:application"),
    Server(
        "granian",
        "granian",
        # As the Procfile has it.
        "granian --interface wsgi --http 1 --host 127.0.0.1 --port {port} --workers 2 --blocking-threads 32"
        " --blocking-threads-idle-timeout 600 --no-ws --log-level error findr.web:application",
    ),
)


@dataclass
class Tree:
    """A checkout of findr with its database; `told` is what scene.py prints of it."""

    name: str
    folder: Path
    environ: dict[str, str]
    told: dict = field(default_factory=dict)
    # What has been used up: patients who asked, times of the practices with a calendar, hours of the others.
    used: int = 0
    instants: int = 0
    hours: object = None

    def patients(self, number):
        """So many patients who have not asked for anything yet."""
        self.used += number
        return self.told["patients"][self.used - number : self.used]


@dataclass
class Contender:
    """One server that answers calls: of a tree, or, if it is not findr, with a copy of a tree's people."""

    name: str
    command: list[str]
    folder: Path
    environ: dict[str, str]
    tree: Tree
    port: int
    is_findr: bool = True
    process: subprocess.Popen | None = None

    def start(self):
        self.process = subprocess.Popen(self.command, cwd=self.folder, env=self.environ, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while not is_alive(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise CannotMeasure(f"{self.name} did not start.")
            time.sleep(0.1)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)


class Expiry:
    """A process in which requests of a checkout expire; no server, since nobody calls for it."""

    def __init__(self, tree):
        self.name = tree.name
        command = [sys.executable, str(HERE / "expiry.py"), str(tree.folder)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, cwd=tree.folder, env=tree.environ, **pipes)

    def round(self, number):
        """What so many requests came to."""
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        if not (line := self.process.stdout.readline()):
            raise CannotMeasure(f"The requests of {self.name} did not expire.")
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


def findr_on(server, tree):
    """A checkout behind one of the servers."""
    port = free_port()
    return Contender(
        f"{tree.name} ({server.name})", server.command(port, tree.folder), tree.folder, tree.environ, tree, port
    )


def make_tree(name, folder, number, sandbox, patients, big, waiting):
    """A checkout with a new database, filled."""
    environ = {
        **os.environ,
        **LIMITS,
        "DATABASE_URL": new_database(f"bench_{number}"),
        "REDIS_URL": f"{os.environ['REDIS_URL']}?db={number}",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(folder),
    }
    words = [str(folder), sandbox, str(patients), str(big), str(waiting)]
    made = subprocess.run(
        [sys.executable, str(HERE / "scene.py"), *words], cwd=folder, env=environ, stdout=subprocess.PIPE, check=False
    )
    if made.returncode:
        raise CannotMeasure(f"The database of {folder} could not be filled.")
    return Tree(name, folder, environ, json.loads(made.stdout.splitlines()[-1]))


def new_database(name):
    """An empty database beside the one of this stack; its address."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return re.sub(r"(://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"], count=1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_alive(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().read() is not None
    except OSError:
        return False
    finally:
        connection.close()
