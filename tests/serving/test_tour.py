"""The README's tour, taken word for word beside a `bin/serve` of its own.

What it prints is what the README shows, but for ids, moments and ports. FINDR_WRITE_TOUR=1 writes what is printed there.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time as real_time
from pathlib import Path

import pytest

from findr import clock
from findr.devstack import serve
from findr.devstack.environment import CALLBACKS, SANDBOX_KEYS, SECRETS
from findr.devstack.state import find_state
from findr.sandbox.client import SandboxClient

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DONE, LINE = "--- done ---", "\n"
# What differs from run to run, and what stands for it.
VARYING = {
    r"127\.0\.0\.1:\d+": "<address>",
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": "<id>",
    r"FH-\d{8}-\w{5}": "<number>",
    r"pi_\w+": "<intent>",
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(Z| UTC)": "<moment>",
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d": "<day>",
    # The worker looks for them once a minute, and may be first.
    r"Requests expired: [01]": "<expired>",
    r"\d+\.\d(?=,\"hoursBefore|,\"cancellable)": "<hours>",
}


class Tour:
    """The code blocks of the README's tour: what a reader types, and what comes of it."""

    def __init__(self):
        self.text = README.read_text()
        self.start = self.text.index("## A tour")
        end = self.text.index("### The staff console")
        self.blocks = list(re.finditer(r"(?s)```\n(.*?)```", self.text[self.start : end]))

    def commands(self):
        """(block, command, shown) in order; the first block is pasted whole, and prints nothing."""
        yield 0, self.blocks[0][1], ""
        for number, block in enumerate(self.blocks[1:], start=1):
            for command, shown in steps_of(block[1]):
                yield number, command, shown

    def write(self, printed):
        """The README with these outputs: {block: [(command, output)]}."""
        whole, at = self.text[: self.start], self.start
        for number, block in enumerate(self.blocks):
            begin, end = (self.start + place for place in block.span(1))
            whole += self.text[at:begin]
            whole += "".join(f"$ {command}{output}" for command, output in printed[number]) if number else block[1]
            at = end
        README.write_text(whole + self.text[at:])


def steps_of(block):
    """What follows `$ ` until bash has a whole command, and the output until the next one."""
    lines, steps = block.splitlines(keepends=True), []
    while lines:
        command = lines.pop(0).removeprefix("$ ")
        while subprocess.run(["bash", "-n"], input=command, text=True, capture_output=True, check=False).returncode:
            command += lines.pop(0)
        shown = ""
        while lines and not lines[0].startswith("$ "):
            shown += lines.pop(0)
        steps.append((command, shown))
    return steps


def plain(text):
    for pattern, name in VARYING.items():
        text = re.sub(pattern, name, text)
    return text.strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def command(name):
    """bin/serve or bin/manage, in the virtual environment that is there: preparing one has tests of its own."""
    run = f"import sys; from findr.devstack import {name}; sys.exit({name}.main(sys.argv[1:]))"
    return [sys.executable, "-c", run]


BASES = ("STRIPE_BASE", "GOOGLE_BASE", "MICROSOFT_BASE", "FIREBASE_BASE")


@pytest.fixture
def served():
    """A bin/serve with nothing in it yet, and the environment of the terminal beside it."""
    folder = Path(tempfile.mkdtemp(prefix="findr-tour-"))
    (folder / "venv").symlink_to(find_state().venv)
    clean = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "FINDR_ENV")
    }
    for name in (*SECRETS, *SANDBOX_KEYS, *CALLBACKS, "SANDBOX_URL", *BASES):
        clean.pop(name, None)
    variables = clean | {"FINDR_STATE": str(folder), "PORT": free_port(), "SANDBOX_PORT": free_port()}
    # On a slow machine too the tour's calendars are read before anybody gives up.
    variables["CALENDAR_CALL_SECONDS"] = "9"
    with (folder / "out").open("w") as out:
        process = subprocess.Popen(command("serve"), cwd=ROOT, env=variables, stdout=out, stderr=out)
    try:
        until_it_serves(process, folder / "out")
        yield variables
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def until_it_serves(process, out):
    """What a reader waits for."""
    end = real_time.monotonic() + 180
    while process.poll() is None and real_time.monotonic() < end:
        if "findr is running." in out.read_text():
            return
        real_time.sleep(0.2)
    pytest.fail(out.read_text()[-2000:])


def at_that_time(command):
    """The command as it is typed when the run begins at another moment than the machine's: `date` and Python know only that."""
    now = clock.now()
    typed = command.replace("datetime.date.today()", f"datetime.date({now.year}, {now.month}, {now.day})")
    return typed.replace("date -d '+18 hours'", f"date -d @{int(now.timestamp()) + 18 * 3600}")


class Terminal:
    """A bash in the project's folder, as the reader has it."""

    def __init__(self, variables):
        self.bash = subprocess.Popen(
            ["bash"], cwd=ROOT, env=variables, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.type(f'bin/manage() {{ {shlex.join(command("manage"))} "$@"; }}')

    def type(self, command):
        """Run a command; what it prints."""
        self.bash.stdin.write(f"{command}\nprintf '%s\\n' '{DONE}'\n")
        self.bash.stdin.flush()
        printed = ""
        while not printed.endswith(f"{DONE}\n"):
            line = self.bash.stdout.readline()
            assert line, printed
            printed += line
        return printed.removesuffix(f"{DONE}\n")

    def close(self):
        self.bash.stdin.close()
        self.bash.wait(10)
        self.bash.stdout.close()


@pytest.fixture
def terminal(served):
    opened = Terminal(served)
    yield opened
    opened.close()


def assert_both_answer(served):
    """Two web processes share the port: each of them answers while the other stands still."""
    record = (Path(served["FINDR_STATE"]) / "children").read_text().splitlines()
    pids = [int(line.split()[0]) for line in record]
    webs = [pid for pid in pids if b"daphne" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
    assert len(webs) == 2
    for pid in webs:
        os.kill(pid, signal.SIGSTOP)
        try:
            assert serve.ask(served["PORT"], "/healthz") == (200, '{"alive": true}')
        finally:
            os.kill(pid, signal.SIGCONT)


def test_the_tour_of_the_readme_is_as_it_says(served, terminal):
    """The places that a test must fill in are the ports, the day, and the button on the bank's page."""
    assert_both_answer(served)
    tour, sandbox = Tour(), SandboxClient(f"http://127.0.0.1:{served['SANDBOX_PORT']}")
    ports = {"3001": served["PORT"], "4010": served["SANDBOX_PORT"]}
    printed = {}
    for block, command, shown in tour.commands():
        typed = re.sub(r"(?<=http://127\.0\.0\.1:)(3001|4010)\b", lambda port: ports[port[0]], at_that_time(command))

        output = terminal.type(typed)

        if found := re.search(r"3d-secure/(pi_\w+)\?", output):
            sandbox.stripe.authenticate(found[1])
            sandbox.stripe.webhooks.settle()
            output = output.replace(f":{served['SANDBOX_PORT']}/", ":4010/")
            terminal.type("sleep 1")
        printed.setdefault(block, []).append((command, output and f"{output.removesuffix(LINE)}{LINE}"))
        if not os.environ.get("FINDR_WRITE_TOUR"):
            assert plain(output) == plain(shown), command
    if os.environ.get("FINDR_WRITE_TOUR"):
        tour.write(printed)
