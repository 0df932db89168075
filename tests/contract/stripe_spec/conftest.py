"""A sandbox, and Stripe's own client that remembers what goes over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from findr.sandbox.client import SandboxClient

from .spec import Recorder


@pytest.fixture
def sandbox(sandbox_process: SandboxClient) -> SandboxClient:
    """The sandbox with nothing in it."""
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture
def recorder(sandbox: SandboxClient) -> Iterator[Recorder]:
    """Remembers what goes over the wire."""
    http = Recorder()
    yield http
    http.close()


@pytest.fixture
def api(sandbox: SandboxClient, recorder: Recorder) -> Any:
    """Stripe's v1 services, recorded."""
    stripe.enable_telemetry = False
    bases = dict.fromkeys(("api", "connect", "files", "meter_events"), sandbox.stripe.base_url)
    return stripe.StripeClient("sk_test_findr", base_addresses=bases, http_client=recorder).v1
