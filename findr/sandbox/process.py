"""Start the sandbox as a process of its own, as tests and commands do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY = "sandbox ready "


class SandboxFailed(Exception):
    """The sandbox did not start; the text is what it said."""


def launch(
    state: Path | str | None = None,
    port: int = 0,
    env: Mapping[str, str] | None = None,
    vendors: Sequence[str] = (),
) -> tuple[subprocess.Popen[str], str]:
    """Start it and wait until it is ready; the process (yours to stop) and its base URL.

    ``vendors``: more than those of the registry, such as ``package.module:Class``.
    """
    command = [sys.executable, "-m", "findr.sandbox", "--port", str(port), "--with-parent"]
    if state is not None:
        command += ["--state", str(state)]
    for vendor in vendors:
        command += ["--vendor", vendor]
    process = subprocess.Popen(  # noqa: S603  our own module
        command,
        cwd=ROOT,
        env={**os.environ, "FINDR_ENV": "test", **(env or {})},
        # Closed by the kernel when we die, however we die: the sandbox then ends too.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout  # noqa: S101  piped above
    line = process.stdout.readline().strip()
    if not line.startswith(READY):
        stop(process)
        raise SandboxFailed(line or f"the sandbox ended with code {process.returncode}; its reason is above")
    return process, line.removeprefix(READY)


def stop(process: subprocess.Popen[str]) -> None:
    """Ask it to end, and make it end."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


@contextmanager
def start_sandbox(
    state: Path | str | None = None,
    port: int = 0,
    env: Mapping[str, str] | None = None,
    vendors: Sequence[str] = (),
) -> Iterator[str]:
    """Run a sandbox for the length of a ``with`` block; gives its base URL."""
    process, base_url = launch(state, port, env, vendors)
    try:
        yield base_url
    finally:
        stop(process)
