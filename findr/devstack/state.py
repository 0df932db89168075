"""Where a user's own copy of everything lives: the state folder and the files in it."""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from findr.devstack.errors import CannotStart

ROOT = Path(__file__).resolve().parents[2]
LOG_LINES_SHOWN = 20


class Busy(Exception):
    """Another process holds the lock; `holder` is what it wrote there."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@dataclass(frozen=True)
class State:
    """The files of one user id on one checkout."""

    folder: Path

    @property
    def venv(self) -> Path:
        """The virtual environment made from the lock file."""
        return self.folder / "venv"

    @property
    def python(self) -> Path:
        """The Python of the virtual environment."""
        return self.venv / "bin" / "python"

    @property
    def logs(self) -> Path:
        """One log per process of the running stack."""
        return self._made("logs")

    @property
    def caches(self) -> Path:
        """What tools remember between runs; safe to remove."""
        return self._made("caches")

    @property
    def sandbox(self) -> Path:
        """The vendors' ledger."""
        return self._made("sandbox")

    @property
    def env(self) -> Path:
        """The environment of the running stack, for bin/manage."""
        return self.folder / "env"

    @property
    def clock(self) -> Path:
        """The file that moves findr's clock."""
        return self.folder / "clock"

    @property
    def secrets(self) -> Path:
        """Secrets made once for this machine."""
        return self.folder / "secrets"

    @property
    def children(self) -> Path:
        """The record of started processes, to end those that an earlier run left behind."""
        return self.folder / "children"

    @property
    def serve_lock(self) -> Path:
        """Held for as long as bin/serve runs."""
        return self.folder / "serve.lock"

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return path


def find_state(environ: Mapping[str, str] = os.environ, root: Path = ROOT, uid: int | None = None) -> State:
    """The state folder of this user, made if need be: FINDR_STATE, else beside the code, else in the user's cache."""
    if chosen := environ.get("FINDR_STATE"):
        folder = Path(chosen).expanduser().absolute()
        if not _make_writable(folder):
            raise CannotStart(f"The state folder {folder} (from FINDR_STATE) cannot be written by this user.")
        return State(folder)
    beside_code = root / ".state" / str(os.getuid() if uid is None else uid)
    home = environ.get("HOME") or os.path.expanduser("~")
    in_cache = Path(home) / ".cache" / "findr" / hashlib.sha256(str(root).encode()).hexdigest()[:12]
    for folder in (beside_code, in_cache):
        if _make_writable(folder):
            return State(folder)
    raise CannotStart(f"Neither {beside_code} nor {in_cache} can be written: set FINDR_STATE to a folder of yours.")


def _make_writable(folder: Path) -> bool:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file for the block; raises Busy when it is taken and `wait` is false."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.seek(0)
            raise Busy(file.read().strip()) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock file at this moment."""
    if not path.exists():
        return False
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def fresh_log(path: Path) -> Path:
    """The path of an empty log; what an earlier run wrote is kept once, as `.1`."""
    if path.exists():
        path.replace(path.with_suffix(path.suffix + ".1"))
    path.touch(mode=0o600)
    return path


def last_lines(path: Path) -> str:
    """The end of a log, to show when its process died."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
