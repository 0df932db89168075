"""When the virtual environment is made anew."""

import pytest

from findr.devstack import venv


@pytest.fixture
def lock_file(tmp_path):
    path = tmp_path / "lock.txt"
    path.write_text("django==5.2")
    return path


@pytest.fixture
def made(tmp_path, lock_file):
    place = tmp_path / "venv"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").touch()
    venv.write_stamp(place, lock_file)
    return place


def test_is_kept_while_nothing_has_changed(made, lock_file):
    assert venv.is_current(made, lock_file)


def test_is_made_anew_when_the_lock_file_changes(made, lock_file):
    lock_file.write_text("django==5.3")

    assert not venv.is_current(made, lock_file)


def test_is_made_anew_when_python_changes(made, lock_file, monkeypatch):
    monkeypatch.setattr(venv.sys, "version_info", (3, 12, 0))

    assert not venv.is_current(made, lock_file)


def test_is_made_anew_when_the_checkout_moves(made, lock_file):
    moved = made.rename(made.with_name("moved"))

    assert not venv.is_current(moved, lock_file)


def test_is_made_anew_when_it_was_left_unfinished(made, lock_file):
    (made / venv.STAMP_NAME).unlink()

    assert not venv.is_current(made, lock_file)


def test_a_spoilt_stamp_is_no_stamp(made, lock_file):
    (made / venv.STAMP_NAME).write_text("{")

    assert not venv.is_current(made, lock_file)
