"""The project's virtual environment: made from the hashed lock file, left alone while that file is unchanged."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from findr.devstack.console import STARTED, STARTED_VARIABLE, say
from findr.devstack.errors import CannotStart
from findr.devstack.state import ROOT, State, find_state, fresh_log, last_lines, locked

LOCK_FILE = ROOT / "requirements" / "dev.txt"
STAMP_NAME = "findr-stamp.json"


def enter() -> None:
    """Return inside the virtual environment's Python: make it if need be, and start this command again in it."""
    state = find_state()
    prepare(state)
    if Path(sys.prefix).resolve() != state.venv.resolve():
        # Compiled code is kept with the state: the checkout stays clean, may be read-only, and starts stay short.
        environment = {
            **os.environ,
            STARTED_VARIABLE: str(STARTED),
            "PYTHONPYCACHEPREFIX": str(state.caches / "bytecode"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        os.execve(state.python, [str(state.python), *sys.argv], environment)  # noqa: S606


def prepare(state: State | None = None) -> Path:
    """Make the virtual environment unless its stamp says that it is up to date; two at once wait for each other."""
    state = state or find_state()
    if not is_current(state.venv):
        with locked(state.folder / "venv.lock"):
            if not is_current(state.venv):
                _make(state)
    return state.venv


def stamp_for(venv: Path, lock_file: Path = LOCK_FILE) -> dict[str, str]:
    """What the environment depends on; it cannot be moved, so its own place is part of it."""
    python = "{}.{}.{}".format(*sys.version_info)
    return {"lock": hashlib.sha256(lock_file.read_bytes()).hexdigest(), "python": python, "path": str(venv)}


def is_current(venv: Path, lock_file: Path = LOCK_FILE) -> bool:
    """Whether the environment was wholly installed from this lock file, for this Python, in this place."""
    return _read_stamp(venv) == stamp_for(venv, lock_file) and (venv / "bin" / "python").exists()


def write_stamp(venv: Path, lock_file: Path = LOCK_FILE) -> None:
    """Record that the environment is complete."""
    (venv / STAMP_NAME).write_text(json.dumps(stamp_for(venv, lock_file)))


def _read_stamp(venv: Path) -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads((venv / STAMP_NAME).read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def _make(state: State) -> None:
    venv, log = state.venv, fresh_log(state.logs / "venv.log")
    found, wanted = _read_stamp(venv), stamp_for(venv)
    reusable = {**found, "lock": wanted["lock"]} == wanted
    # Without its stamp an environment is unfinished: an interrupted run is noticed by the next one.
    (venv / STAMP_NAME).unlink(missing_ok=True)
    uv = shutil.which("uv") or _uv_inside(venv)
    if not reusable:
        say("making the virtual environment (once; later starts skip this)")
        uv = _create(venv, shutil.which("uv"), log)
    say(f"installing the packages of {LOCK_FILE.relative_to(ROOT)} with {'uv' if uv else 'pip'}")
    if not (uv and _run(_uv_install(uv, state.python), log)):
        if uv:
            say("uv could not install them, pip tries (about a minute)")
        if not _run([str(state.python), "-m", "ensurepip"], log) or not _run(_pip_install(state.python), log):
            raise CannotStart(
                f"The packages could not be installed: is the network reachable? See {log}.", last_lines(log)
            )
    write_stamp(venv)
    say("the virtual environment is ready")


def _create(venv: Path, uv: str | None, log: Path) -> str | None:
    """Make an empty environment and answer the uv to fill it with, if one can be had."""
    if uv and _run([uv, "venv", "--clear", "--python", sys.executable, str(venv)], log):
        return uv
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise CannotStart(
            "This Python cannot make virtual environments: install its venv module"
            " (on Debian and Ubuntu: apt-get install python3-venv) or uv.",
        ) from None
    if not _run([sys.executable, "-m", "venv", "--clear", str(venv)], log):
        raise CannotStart(f"The virtual environment could not be made in {venv}.", last_lines(log))
    _install_uv(venv, log)
    return _uv_inside(venv)


def _install_uv(venv: Path, log: Path) -> None:
    """Take uv itself from the lock file, with its hashes: it installs the rest ten times faster than pip."""
    entries = LOCK_FILE.read_text().replace("\\\n", " ").splitlines()
    pinned = [entry for entry in entries if entry.startswith("uv==")]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pinned))
        file.flush()
        _run(_pip_install(venv / "bin" / "python", Path(file.name)), log)


def _uv_inside(venv: Path) -> str | None:
    uv = venv / "bin" / "uv"
    return str(uv) if uv.exists() else None


def _uv_install(uv: str, python: Path) -> list[str]:
    return [uv, "pip", "sync", "--python", str(python), "--require-hashes", str(LOCK_FILE)]


def _pip_install(python: Path, lock_file: Path = LOCK_FILE) -> list[str]:
    options = ["--disable-pip-version-check", "--no-input", "--require-hashes"]
    return [str(python), "-m", "pip", "install", *options, "-r", str(lock_file)]


def _run(command: list[str], log: Path) -> bool:
    """Run a step with its output in the log; uv ignores the system's certificates unless told otherwise."""
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ}
    with log.open("ab") as output:
        try:
            return subprocess.run(command, stdout=output, stderr=output, env=environment, check=False).returncode == 0
        except OSError as problem:
            output.write(f"{command[0]}: {problem}\n".encode())
            return False
