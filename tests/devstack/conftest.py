"""A family of processes and a short private folder for each test; both are gone when it ends."""

import shutil
import tempfile
from pathlib import Path

import pytest

from findr.devstack.processes import Family


@pytest.fixture
def folder():
    """Short, because a socket's path must be; pytest's own folders are not."""
    path = Path(tempfile.mkdtemp(prefix="findr-t-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def family(folder):
    family = Family(folder / "children")
    yield family
    family.end()
