"""Start and stop child processes so that none is ever left behind."""

import contextlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from findr.devstack.errors import CannotStart
from findr.devstack.state import fresh_log, last_lines

CHILD_SCRIPT = Path(__file__).with_name("child.py")
AS_WE_ARE = "-"
POLL_SECONDS = 0.02


@dataclass
class Child:
    """A running program, where it logs, and how it is asked to stop."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals
    grace_seconds: float

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the polite signal."""
        if self.is_alive:
            self.process.send_signal(self.stop_signal)

    def end(self) -> None:
        """Return when it is gone: after its grace it is killed, with all that it started."""
        self.ask_to_stop()
        try:
            self.process.wait(self.grace_seconds)
        except subprocess.TimeoutExpired:
            _signal_group(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def died(self) -> CannotStart:
        """The sentence for a process that ended by itself."""
        code = self.process.poll()
        return CannotStart(
            f"{self.name} ended by itself (exit code {code}); its log is {self.log}.", last_lines(self.log)
        )


@dataclass
class Family:
    """The child processes of one launcher; `record` remembers them for the next launcher, should this one be killed."""

    record: Path
    children: list[Child] = field(default_factory=list)

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace_seconds: float = 8.0,
        identity: str = AS_WE_ARE,
        descriptors: Sequence[int] = (),
    ) -> Child:
        """Start a program in a session of its own, so that a Ctrl-C at the terminal reaches the launcher alone.

        `descriptors` are files of ours that it shares, under the same numbers.
        """
        with fresh_log(log).open("ab") as output:
            process = subprocess.Popen(
                wrapped(command, death_signal=stop_signal, identity=identity),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                pass_fds=descriptors,
            )
        child = Child(name, process, log, stop_signal, grace_seconds)
        self.children.append(child)
        self._write_record()
        return child

    def first_dead(self) -> Child | None:
        """A child that ended by itself, if there is one."""
        return next((child for child in self.children if not child.is_alive), None)

    def end(self, *children: Child) -> None:
        """Stop these (all of them when none is named), at the same time."""
        ending = children or tuple(self.children)
        for child in ending:
            child.ask_to_stop()
        for child in ending:
            child.end()
            self.children.remove(child)
        self._write_record()

    def _write_record(self) -> None:
        lines = [
            f"{child.process.pid} {int(child.stop_signal)} {born_at(child.process.pid)}" for child in self.children
        ]
        self.record.write_text("\n".join(lines))


def wrapped(
    command: Sequence[str | Path], *, death_signal: int, identity: str = AS_WE_ARE, folder: str = "-"
) -> list[str]:
    """The command line that runs `command` through child.py."""
    program = shutil.which(str(command[0])) or str(command[0])
    prepared = [str(CHILD_SCRIPT), str(os.getpid()), str(int(death_signal)), identity, folder]
    return [sys.executable, "-I", "-S", *prepared, program, *map(str, command[1:])]


def wait_until(ready: Callable[[], bool], child: Child, seconds: float) -> None:
    """Return once `ready()`; raises CannotStart when the child dies first or the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not child.is_alive:
            raise child.died()
        if time.monotonic() > deadline:
            raise CannotStart(
                f"{child.name} did not get ready in {seconds:.0f} s; its log is {child.log}.", last_lines(child.log)
            )
        time.sleep(POLL_SECONDS)


def end_leftovers(record: Path, grace_seconds: float = 5.0) -> int:
    """End what a killed launcher left running, by its record; the number of processes found alive."""
    if not record.exists():
        return 0
    rows = [line.split(maxsplit=2) for line in record.read_text().splitlines()]
    left = [(int(pid), int(stop_signal), born) for pid, stop_signal, born in rows if born and born_at(int(pid)) == born]
    for pid, stop_signal, _ in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, stop_signal)
    deadline = time.monotonic() + grace_seconds
    for pid, _, born in left:
        while born_at(pid) == born and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if born_at(pid) == born:
            _signal_group(pid, signal.SIGKILL)
    record.unlink()
    return len(left)


def born_at(pid: int) -> str:
    """When the process began, as the system tells it; empty when it is gone. Tells a process from a later one of its id."""
    if platform.system() == "Linux":
        try:
            status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if status[0] in "ZX" else status[19]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
