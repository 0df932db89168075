"""Where the state of a user lives, and the locks in it."""

import os

import pytest

from findr.devstack.errors import CannotStart
from findr.devstack.state import Busy, find_state, fresh_log, is_locked, last_lines, locked


def test_lives_beside_the_code_in_a_folder_of_the_user(tmp_path):
    state = find_state({"HOME": str(tmp_path / "home")}, root=tmp_path, uid=4711)

    assert state.folder == tmp_path / ".state" / "4711"
    assert state.folder.stat().st_mode & 0o777 == 0o700


def test_lives_where_findr_state_says(tmp_path):
    state = find_state({"FINDR_STATE": str(tmp_path / "elsewhere")}, root=tmp_path / "code")

    assert state.folder == tmp_path / "elsewhere"
    assert state.logs == tmp_path / "elsewhere" / "logs"


def test_lives_in_the_cache_when_the_code_cannot_be_written(tmp_path):
    code = tmp_path / "code"
    code.write_text("a file cannot hold a folder, not even for root")

    state = find_state({"HOME": str(tmp_path)}, root=code, uid=4711)

    assert state.folder.parent == tmp_path / ".cache" / "findr"
    assert state.folder.is_dir()


def test_says_so_when_the_chosen_folder_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="from FINDR_STATE"):
        find_state({"FINDR_STATE": str(tmp_path / "file" / "state")})


def test_says_so_when_nothing_can_be_written(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="set FINDR_STATE"):
        find_state({"HOME": str(tmp_path / "file")}, root=tmp_path / "file")


def test_a_held_lock_tells_who_holds_it(tmp_path):
    lock = tmp_path / "lock"

    with locked(lock, wait=False):
        assert is_locked(lock)
        with pytest.raises(Busy) as busy, locked(lock, wait=False):
            pass

    assert busy.value.holder == str(os.getpid())
    assert not is_locked(lock)


def test_a_lock_that_was_never_taken_is_free(tmp_path):
    assert not is_locked(tmp_path / "lock")


def test_a_fresh_log_keeps_the_one_before(tmp_path):
    log = tmp_path / "web.log"
    log.write_text("the run before")

    fresh_log(log)

    assert log.read_text() == ""
    assert (tmp_path / "web.log.1").read_text() == "the run before"


def test_shows_the_end_of_a_log(tmp_path):
    log = tmp_path / "web.log"
    log.write_text("\n".join(str(number) for number in range(100)))

    assert last_lines(log).splitlines() == [str(number) for number in range(80, 100)]
    assert last_lines(tmp_path / "none.log") == ""
