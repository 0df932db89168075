"""The embedded PostgreSQL: one cluster in a folder, reached through a private Unix socket only."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from findr.devstack.errors import CannotStart
from findr.devstack.postgres_programs import Programs
from findr.devstack.processes import POLL_SECONDS, Child, Family
from findr.devstack.state import last_lines, locked

READY_SECONDS = 30.0
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
# A throw-away cluster may lose everything in a crash of the machine; one killed by a test still recovers with these on.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
STILL_IN_USE = ("is still in use", "already exists")


@dataclass
class Cluster:
    """A database cluster: `data` holds its files, `socket_folder` its socket (short and private).

    Attributes:
        settings: PostgreSQL's, beside those that every cluster of ours has; they win.
    """

    programs: Programs
    data: Path
    socket_folder: Path
    log: Path
    throw_away: bool = False
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address of the database `findr`, a libpq URI."""
        return f"postgresql:///findr?host={self.socket_folder}&user=findr"

    @property
    def is_new(self) -> bool:
        """Whether the folder holds no cluster yet."""
        return not (self.data / "PG_VERSION").exists()

    def start(self, family: Family) -> Child:
        """Start the server, wait until it answers, and make the database `findr` on the first run."""
        if self.is_new:
            self.initialise()
        self.programs.own(self.socket_folder)
        deadline = time.monotonic() + READY_SECONDS
        while True:
            child = self._launch(family)
            if self._wait(child, deadline):
                self._make_database()
                return child
            family.end(child)
            # Sessions of a server that was killed hold its memory for a moment longer.
            lines = last_lines(self.log)
            if time.monotonic() > deadline or not any(words in lines for words in STILL_IN_USE):
                raise CannotStart(f"PostgreSQL did not start; its log is {self.log}.", lines)
            time.sleep(POLL_SECONDS * 10)

    def initialise(self) -> None:
        """Make an empty cluster whose superuser is `findr`."""
        shutil.rmtree(self.data, ignore_errors=True)
        # Under another name until it is complete: an interrupted run leaves nothing that looks like a cluster.
        unfinished = self.data.with_name(self.data.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        self.programs.own(unfinished)
        options = [
            "-U",
            "findr",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-instructions",
            "--no-sync",
            *self.programs.locale_options,
        ]
        made = subprocess.run(
            self.programs.command("initdb", "-D", str(unfinished), *options),
            env=ENVIRONMENT,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise CannotStart(f"PostgreSQL could not make its files in {self.data}.", made.stdout + made.stderr)
        unfinished.replace(self.data)

    def copy_from(self, template: Path) -> None:
        """Begin as a copy of an empty cluster kept in `template`, which is made on the first call."""
        if self.programs.identity not in ("-", "namespace"):
            return  # Run by another user: the copy could not be read.
        with locked(template.with_name(template.name + ".lock")):
            if not (template / "PG_VERSION").exists():
                Cluster(self.programs, template, self.socket_folder, self.log).initialise()
        shutil.copytree(template, self.data)

    def _launch(self, family: Family) -> Child:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # And which database it is about: several share a cluster in tests.
            "log_line_prefix": "%m [%p] %d ",
            # A statement's parameters are people's names and addresses.
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            **(THROW_AWAY if self.throw_away else {}),
            **self.settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return family.start(
            "PostgreSQL",
            [self.programs.folder / "postgres", "-D", self.data, *options],
            log=self.log,
            env=ENVIRONMENT,
            cwd=Path("/"),
            stop_signal=signal.SIGINT,
            grace_seconds=20,
            identity=self.programs.identity,
        )

    def _wait(self, child: Child, deadline: float) -> bool:
        while child.is_alive and time.monotonic() < deadline:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(POLL_SECONDS)
            else:
                return True
        return False

    def connect(self, database: str = "findr") -> psycopg.Connection:
        """A connection with autocommit; the caller closes it."""
        return psycopg.connect(
            host=str(self.socket_folder), user="findr", dbname=database, autocommit=True, connect_timeout=5
        )

    def _make_database(self) -> None:
        connection = self.connect("postgres")
        try:
            if not connection.execute("select 1 from pg_database where datname = 'findr'").fetchone():
                connection.execute("create database findr")
        finally:
            connection.close()
