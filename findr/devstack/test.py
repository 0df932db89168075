"""bin/test: a throw-away stack, pytest (or any command) inside it, and nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from findr.devstack import environment, pytest_words
from findr.devstack.console import say
from findr.devstack.errors import CannotStart
from findr.devstack.moments import chosen
from findr.devstack.processes import Family, end_leftovers, wrapped
from findr.devstack.servers import Servers
from findr.devstack.state import ROOT, State, find_state, is_locked, locked

PREFIX = "findr-test-"
LOCK_NAME = "in-use"
GRACE_SECONDS = 10.0
FUZZ = "tests/fuzz/test_generated_requests.py"


def main(arguments: list[str]) -> int:
    """Run pytest with these arguments inside a throw-away stack, what follows `--exec`, a run of `--chaos` or one of
    `--fuzz`.

    Its clock begins where `--at` says: at a moment, or at a `random` one. Answers its exit code.
    """
    state = find_state()
    at, words = taken_out("--at", arguments)
    command = command_for(words, state)
    start = chosen(at)
    sweep()
    with throw_away_stack(state) as variables:
        is_told = words[:1] != ["--exec"]
        if is_told:
            say(f"this run begins at {start}")
        code = run_in_foreground(command, variables | environment.of_clock(start, is_moved=bool(at)))
        if code and is_told:
            say(f"this run began at {start}; once more: bin/test --at {start.moment:%Y-%m-%dT%H:%M:%SZ}")
    return code


def command_for(words: list[str], state: State) -> list[str]:
    """What runs inside the stack."""
    if words[:1] == ["--exec"]:
        if not words[1:]:
            raise CannotStart("Name a command after --exec.")
        return words[1:]
    if words[:1] == ["--chaos"]:
        return [str(state.python), str(ROOT / "tests" / "chaos" / "run.py"), *words[1:]]
    if words[:1] == ["--fuzz"]:
        return fuzz_command(words[1:], state)
    return pytest_words.command(words, state)


def fuzz_command(words: list[str], state: State) -> list[str]:
    """So many generated requests, drawn with a seed: `--fuzz 200000 [SEED]`."""
    if not 1 <= len(words) <= 2 or not all(word.isdigit() and int(word) for word in words):
        raise CannotStart("Say how many requests after --fuzz, and with which seed if it matters: --fuzz 200000 7.")
    return ["env", f"FINDR_FUZZ={':'.join(words)}", *pytest_words.command([FUZZ, "-x"], state)]


def taken_out(option: str, words: list[str]) -> tuple[str, list[str]]:
    """The value of an option of ours, and the other words; what follows `--exec` is not for us."""
    end = words.index("--exec") if "--exec" in words else len(words)
    for place, word in enumerate(words[:end]):
        if word.startswith(f"{option}="):
            return word.removeprefix(f"{option}="), [*words[:place], *words[place + 1 :]]
        if word == option:
            if place + 1 >= end:
                raise CannotStart(f"Say which after {option}.")
            return words[place + 1], [*words[:place], *words[place + 2 :]]
    return "", words


@contextmanager
def throw_away_stack(state: State) -> Iterator[dict[str, str]]:
    """Servers in a temporary folder for the block, and the environment that leads to them."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    with locked(folder / LOCK_NAME):
        family = Family(folder / "children")
        try:
            variables = environment.for_testing(state)
            yield variables | Servers(state, variables, throw_away=folder).start(family)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            family.end()
            shutil.rmtree(folder, ignore_errors=True)


def run_in_foreground(command: list[str], variables: Mapping[str, str]) -> int:
    """Run a command that owns the terminal; a Ctrl-C is for it, and everything stays up until it has ended."""
    program = shutil.which(command[0], path=variables["PATH"])
    if not program:
        raise CannotStart(f"There is no command '{command[0]}'.")
    wrapped_command = wrapped([program, *command[1:]], death_signal=signal.SIGTERM)
    with subprocess.Popen(wrapped_command, cwd=ROOT, env=dict(variables)) as process:

        def pass_on(number: int, frame: FrameType | None) -> None:
            # A terminal has sent its Ctrl-C to the command already.
            if number != signal.SIGINT or not _has_terminal():
                process.send_signal(number)
            if number != signal.SIGINT:
                signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, pass_on)
        signal.signal(signal.SIGALRM, lambda number, frame: process.kill())
        code = process.wait()
        signal.setitimer(signal.ITIMER_REAL, 0)
    return code if code >= 0 else 128 - code


def sweep(place: Path | None = None) -> list[Path]:
    """Remove the throw-away stacks of runs that were killed; answers their folders."""
    removed = []
    for folder in (place or Path(tempfile.gettempdir())).glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).split("-")[0]
        if pid.isdigit() and not _is_alive(int(pid)) and _is_ours(folder) and not is_locked(folder / LOCK_NAME):
            end_leftovers(folder / "children")
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
    if removed:
        say(f"removed {len(removed)} throw-away stacks of runs that were killed")
    return removed


def _is_ours(folder: Path) -> bool:
    return os.getuid() in (0, folder.lstat().st_uid) and not folder.is_symlink()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _has_terminal() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
