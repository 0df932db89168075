"""PostgreSQL and Redis for one stack, unless the environment names ones that run elsewhere."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from findr.devstack.console import say
from findr.devstack.errors import CannotStart
from findr.devstack.postgres import Cluster
from findr.devstack.postgres_programs import find_programs
from findr.devstack.processes import Family
from findr.devstack.redis import Redis
from findr.devstack.state import State


class Servers:
    """The two servers of one stack: where they keep things, and the addresses to hand on."""

    def __init__(self, state: State, environ: Mapping[str, str], throw_away: Path | None = None) -> None:
        self._state = state
        self._environ = environ
        self._throw_away = throw_away
        self.sockets = throw_away or private_folder(
            f"findr-{hashlib.sha256(f'{state.folder}'.encode()).hexdigest()[:10]}"
        )
        self._logs = throw_away or state.logs

    def start(self, family: Family) -> dict[str, str]:
        """Start what is not there yet; answers the environment variables that lead to both."""
        redis = None
        if not self._environ.get("REDIS_URL"):
            redis = Redis(self.sockets, self._logs / "redis.log")
            redis.start(family)
        addresses = {}
        if not self._environ.get("DATABASE_URL"):
            cluster = self._cluster()
            cluster.start(family)
            say(f"PostgreSQL {cluster.programs.version} is up")
            addresses["DATABASE_URL"] = cluster.url
        if redis:
            redis.wait_ready()
            say("Redis is up")
            addresses["REDIS_URL"] = redis.url
        return addresses

    def _cluster(self) -> Cluster:
        programs = find_programs(self._state.folder)
        log = self._logs / "postgres.log"
        if not self._throw_away:
            data = programs.data_folder(self._state.folder / f"postgres-{programs.version}")
            cluster = Cluster(programs, data, self.sockets, log)
            if cluster.is_new:
                say("making the database's files (once)")
            return cluster
        programs.own(self._throw_away)
        cluster = Cluster(programs, self._throw_away / "postgres", self.sockets, log, throw_away=True)
        cluster.copy_from(self._state.folder / f"template-{programs.version}")
        return cluster

    def tidy(self) -> None:
        """Remove the folder of the sockets, once both servers have stopped."""
        shutil.rmtree(self.sockets, ignore_errors=True)


def private_folder(name: str) -> Path:
    """A folder of this user in the temporary folder, closed to everyone else; a socket's path must be short."""
    folder = Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or (os.getuid() not in (0, status.st_uid)) or status.st_mode & 0o077:
        raise CannotStart(f"{folder} belongs to somebody else or is open to others: remove it.")
    return folder
