"""What the commands check before they start anything, and clean up after others."""

import os
import re
import socket
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from findr.devstack import manage, serve, test, welcome
from findr.devstack.errors import CannotStart
from findr.devstack.state import State, locked


@pytest.fixture
def dead_pid():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_taken_port_names_the_variable_to_change():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])

        with pytest.raises(CannotStart, match=f"Port {port} cannot be used .* set PORT to another"):
            serve.check_port({"PORT": port}, "PORT")

    serve.check_port({"PORT": port}, "PORT")


@pytest.mark.parametrize("value", ["", "web", "0", "65536", "-1"])
def test_a_port_must_be_a_port_number(value):
    with pytest.raises(CannotStart, match="SANDBOX_PORT is"):
        serve.check_port({"SANDBOX_PORT": value}, "SANDBOX_PORT")


def test_manage_needs_a_running_stack(tmp_path, monkeypatch):
    monkeypatch.setenv("FINDR_STATE", str(tmp_path))

    with pytest.raises(CannotStart, match="bin/serve is not running"):
        manage.main(["check"])


def test_sweeps_the_stacks_of_killed_runs_only(tmp_path, dead_pid):
    killed = tmp_path / f"findr-test-{dead_pid}-abc"
    running = tmp_path / f"findr-test-{os.getpid()}-abc"
    in_another_container = tmp_path / f"findr-test-{dead_pid}-locked"
    unrelated = tmp_path / "findr-test-notes-abc"
    for folder in (killed, running, in_another_container, unrelated):
        folder.mkdir()

    with locked(in_another_container / test.LOCK_NAME):
        removed = test.sweep(tmp_path)

    assert removed == [killed]
    assert sorted(tmp_path.iterdir()) == sorted([running, in_another_container, unrelated])


def test_the_welcome_names_this_stack(tmp_path):
    text = welcome.text(State(tmp_path), {"PORT": "3009", "SANDBOX_PORT": "4019"})

    assert "http://127.0.0.1:3009/admin/" in text
    assert "http://127.0.0.1:4019/__ledger" in text
    assert str(tmp_path / "logs") in text


def test_the_welcome_asks_for_a_day_to_come_on_a_clock_that_was_moved(tmp_path):
    (tmp_path / "clock").write_text(str(40 * 86_400))
    moved = {"FINDR_CLOCK_FILE": str(tmp_path / "clock"), "FINDR_CLOCK_AHEAD": str(400 * 86_400)}

    text = welcome.text(State(tmp_path), {"PORT": "3009", "SANDBOX_PORT": "4019", **moved})

    day = date.fromisoformat(re.search(r'"appointmentDate": "([^"]+)"', text)[1])
    assert timedelta(days=442) < day - datetime.now(UTC).date() < timedelta(days=466)


def test_a_command_that_does_not_exist_is_one_sentence():
    with pytest.raises(CannotStart, match="There is no command 'no-such-command'"):
        test.run_in_foreground(["no-such-command"], os.environ)
