"""What bin/test makes of its words."""

from pathlib import Path

import pytest

from findr.devstack import pytest_words, test
from findr.devstack.errors import CannotStart
from findr.devstack.state import State


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.delenv("FINDR_TEST_WORKERS", raising=False)
    monkeypatch.setattr(pytest_words.os, "cpu_count", lambda: 2)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--fast"],
        ["tests"],
        ["tests/bookings", "-x", "-q"],
        ["tests/bookings", "tests/admin/", "--durations", "60"],
        ["-x", "-vv", "--tb=short"],
    ],
)
def test_the_suite_and_its_folders_are_shared_by_workers(words):
    assert pytest_words.workers_for(words) == 4


@pytest.mark.parametrize(
    "words",
    [
        ["tests/bookings/test_states.py"],
        ["tests/bookings/test_states.py::test_one"],
        ["tests/bookings", "tests/admin/test_jobs.py"],
        ["-k", "confirm"],
        ["-kconfirm"],
        ["-m", "slow"],
        ["--lf"],
        ["-s"],
        ["--pdb"],
        ["--lessons"],
        ["--co", "-q"],
        ["-n0"],
        ["-n", "4"],
        ["--dist=load"],
    ],
)
def test_less_than_that_is_one_process(words):
    assert pytest_words.workers_for(words) == 1


def test_the_number_of_workers_can_be_said(monkeypatch):
    monkeypatch.setenv("FINDR_TEST_WORKERS", "5")

    assert pytest_words.workers_for([]) == 5
    assert pytest_words.workers_for(["tests/bookings/test_states.py"]) == 1


def test_a_machine_of_many_cores_is_not_filled(monkeypatch):
    monkeypatch.setattr(pytest_words.os, "cpu_count", lambda: 64)

    assert pytest_words.workers_for([]) == pytest_words.MOST_WORKERS


def test_the_words_go_on_to_pytest(tmp_path):
    command = test.command_for(["tests/bookings/test_states.py", "-x"], State(tmp_path))

    assert command[1:3] == ["-m", "pytest"]
    assert command[-2:] == ["tests/bookings/test_states.py", "-x"]
    assert "-n" not in command


def test_a_value_is_not_taken_for_a_place():
    assert pytest_words.places(["-k", "tests", "tests/api", "-q", "a::b"]) == [Path("tests/api"), Path("a")]


# --- Our own option -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--at", "random", "-x"], ["-x"]),
        (["tests", "--at=random"], ["tests"]),
        (["--at", "random", "--exec", "date", "--at", "noon"], ["--exec", "date", "--at", "noon"]),
        (["--chaos", "1", "--at", "random", "7"], ["--chaos", "1", "7"]),
    ],
)
def test_the_start_is_taken_out_of_the_words(words, left):
    assert test.taken_out("--at", words) == ("random", left)


def test_what_follows_exec_is_left_alone():
    assert test.taken_out("--at", ["--exec", "date", "--at", "noon"]) == ("", ["--exec", "date", "--at", "noon"])


@pytest.mark.parametrize("words", [["--at"], ["--at", "--exec", "date"]])
def test_a_start_without_a_moment_is_refused(words):
    with pytest.raises(CannotStart, match="Say which after --at"):
        test.taken_out("--at", words)


def test_exec_needs_a_command(tmp_path):
    with pytest.raises(CannotStart, match="Name a command after --exec"):
        test.command_for(["--exec"], State(tmp_path))


def test_generated_requests_are_so_many_and_have_a_seed(tmp_path):
    command = test.command_for(["--fuzz", "200000", "7"], State(tmp_path))

    assert command[:2] == ["env", "FINDR_FUZZ=200000:7"]
    assert "tests/fuzz/test_generated_requests.py" in command


@pytest.mark.parametrize("words", [[], ["many"], ["0"], ["5", "x"], ["5", "6", "7"], ["-5"]])
def test_generated_requests_need_a_number(words, tmp_path):
    with pytest.raises(CannotStart, match="Say how many requests after --fuzz"):
        test.command_for(["--fuzz", *words], State(tmp_path))
