"""A sandbox, and Graph with a memory of what went over the wire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox.microsoft_app import App, Graph

from findr.sandbox.client import SandboxClient

from .spec import Recorder


@pytest.fixture
def sandbox(sandbox_process: SandboxClient) -> SandboxClient:
    """The sandbox with nothing in it."""
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture
def recorder() -> Recorder:
    """Remembers what goes over the wire."""
    return Recorder()


@pytest.fixture
def graph(sandbox: SandboxClient, recorder: Recorder) -> Iterator[Graph]:
    """Graph with Pat's token, recorded."""
    app = App(sandbox)
    made = app.graph()
    app.http.hooks["response"].append(recorder)
    yield made
    app.close()
