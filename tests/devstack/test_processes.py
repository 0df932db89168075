"""No process outlives its launcher, however either of them ends."""

import os
import signal
import subprocess
import sys
import time

import pytest

from findr.devstack.errors import CannotStart
from findr.devstack.processes import Family, born_at, end_leftovers, wait_until

SLEEPER = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
STUBBORN_PARENT = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", sys.argv[1]])
time.sleep(600)
"""
GRANDCHILD = "import os; print(os.getpid()); " + SLEEPER
LAUNCHER = """
import os, pathlib, sys, time
from findr.devstack.processes import Family
family = Family(pathlib.Path(sys.argv[1], "children"))
child = family.start("child", [sys.executable, "-c", sys.argv[2]], log=pathlib.Path(sys.argv[1], "child.log"), env=os.environ, cwd="/")
print(child.process.pid, flush=True)
time.sleep(600)
"""


def start(family, folder, program, *arguments, **options):
    """Start a Python program and return once it has said that it is ready."""
    log = folder / "child.log"
    command = [sys.executable, "-c", program, *arguments]
    child = family.start("child", command, log=log, env=os.environ, cwd=folder, **options)
    wait_until(lambda: "ready" in log.read_text(), child, 10)
    return child


def gone(pid, born):
    return eventually(lambda: born_at(pid) != born)


def eventually(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_stops_a_child_politely(family, folder):
    child = start(family, folder, SLEEPER)

    family.end(child)

    assert child.process.returncode == -signal.SIGTERM
    assert family.children == []


def test_kills_a_child_that_ignores_the_polite_signal(family, folder):
    child = start(family, folder, STUBBORN, grace_seconds=0.2)

    family.end()

    assert child.process.returncode == -signal.SIGKILL


def test_kills_what_a_stubborn_child_has_started(family, folder):
    child = start(family, folder, STUBBORN_PARENT, GRANDCHILD, grace_seconds=0.2)
    grandchild = int(child.log.read_text().split()[0])
    born = born_at(grandchild)

    family.end()

    assert born
    assert gone(grandchild, born)


def test_notices_a_child_that_ended_and_shows_its_log(family, folder):
    child = start(family, folder, "print('ready'); print('out of memory'); raise SystemExit(7)")
    child.process.wait(10)

    dead = family.first_dead()

    assert dead is child
    assert "exit code 7" in str(dead.died())
    assert dead.died().log_lines.endswith("out of memory")


def test_does_not_wait_for_a_child_that_is_dead(family, folder):
    child = family.start("child", [sys.executable, "-c", "1/0"], log=folder / "log", env=os.environ, cwd=folder)

    with pytest.raises(CannotStart, match="child ended by itself") as failure:
        wait_until(lambda: False, child, 10)

    assert "ZeroDivisionError" in failure.value.log_lines


def test_does_not_wait_for_ever(family, folder):
    child = start(family, folder, SLEEPER)

    with pytest.raises(CannotStart, match="did not get ready"):
        wait_until(lambda: False, child, 0.1)


def test_a_program_that_does_not_exist_is_said_in_the_log(family, folder):
    child = family.start("child", ["/no/such/program"], log=folder / "log", env=os.environ, cwd=folder)
    child.process.wait(10)

    assert "/no/such/program" in child.died().log_lines


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_child_dies_with_a_launcher_that_is_killed(folder):
    command = [sys.executable, "-c", LAUNCHER, str(folder), SLEEPER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as launcher:
        child = int(launcher.stdout.readline())
        born = born_at(child)
        launcher.kill()

    assert born
    assert gone(child, born)


def test_the_next_launcher_ends_what_a_killed_one_left(folder):
    command = [sys.executable, "-c", LAUNCHER, str(folder), STUBBORN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as launcher:
        child = int(launcher.stdout.readline())
        born = born_at(child)
        assert eventually(lambda: "ready" in (folder / "child.log").read_text())
        launcher.kill()
    assert born_at(child) == born

    count = end_leftovers(folder / "children", grace_seconds=0.2)

    assert count == 1
    assert gone(child, born)
    assert end_leftovers(folder / "children") == 0


def test_leaves_alone_a_later_process_with_the_same_id(folder):
    (folder / "children").write_text(f"{os.getpid()} {int(signal.SIGKILL)} born-at-another-time")

    assert end_leftovers(folder / "children") == 0


def test_a_family_remembers_only_the_living(family, folder):
    start(family, folder, SLEEPER)
    remembered = (folder / "children").read_text().splitlines()

    family.end()

    assert len(remembered) == 1
    assert (folder / "children").read_text() == ""
    assert isinstance(family, Family)
