"""The sandbox as a process: when it starts, what it keeps, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from findr.sandbox.client import SandboxClient
from findr.sandbox.process import launch, start_sandbox, stop

ROOT = Path(__file__).resolve().parents[2]
KEY = {"idempotency_key": "booking-1-authorize"}
HELD = {
    "amount": 5000,
    "currency": "usd",
    "capture_method": "manual",
    "confirm": True,
    "allowed_payment_method_types": ["card"],
    "payment_method": "pm_card_visa",
}


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the sandbox to its end with only this environment."""
    return subprocess.run(
        [sys.executable, "-m", "findr.sandbox", "--port", "0", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize("env", [{}, {"DEBUG": "0"}, {"DEBUG": "false", "FINDR_ENV": "production"}])
def test_refuses_to_start_outside_development_and_tests(env):
    ended = run(**env)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "The sandbox stands in for real vendors, so it only starts with DEBUG=1 or FINDR_ENV=test.\n"
    )


@pytest.mark.parametrize("env", [{"DEBUG": "1"}, {"DEBUG": "True"}])
def test_starts_in_development(env):
    with start_sandbox(env={**env, "FINDR_ENV": ""}) as base_url:
        assert SandboxClient(base_url).healthy()


def test_keeps_its_ledger_and_keys_over_a_restart(connect, tmp_path):
    with start_sandbox(tmp_path) as base_url:
        sandbox = SandboxClient(base_url)
        sandbox.move_clock(3600)
        intent = connect(base_url).v1.payment_intents.create(HELD, KEY)
        sandbox.misbehave({"action": "drop_before", "times": None})
        before = sandbox.stripe.ledger()

    with start_sandbox(tmp_path) as base_url:
        again = connect(base_url).v1.payment_intents.create(HELD, KEY)

        sandbox = SandboxClient(base_url)
        assert sandbox.stripe.ledger() == before
        assert again.id == intent.id
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        assert sandbox.now() >= intent.created


def test_keeps_every_answered_call_over_a_kill(connect, tmp_path):
    process, base_url = launch(tmp_path)
    api = connect(base_url).v1
    held = [api.payment_intents.create({**HELD, "amount": 1000 + number}).id for number in range(20)]
    api.payment_intents.capture(held[0])
    refund = api.refunds.create({"payment_intent": held[0], "amount": 300})
    process.kill()
    stop(process)

    with start_sandbox(tmp_path) as base_url:
        sandbox = SandboxClient(base_url)

        assert list(sandbox.stripe.ledger()["payment_intents"]) == held
        assert [one["id"] for one in sandbox.stripe.refunds(held[0])] == [refund.id]
        assert sandbox.stripe.totals() == {"held": sum(range(1001, 1020)), "received": 1000, "refunded": 300}
        api = connect(base_url).v1
        assert [one.id for one in api.payment_intents.list({"limit": 100}).data] == held[::-1]
        assert api.payment_intents.capture(held[1]).status == "succeeded"


def test_reset_forgets_on_disk_too(connect, tmp_path):
    with start_sandbox(tmp_path) as base_url:
        connect(base_url).v1.payment_intents.create(HELD)
        SandboxClient(base_url).reset()

    with start_sandbox(tmp_path) as base_url:
        assert SandboxClient(base_url).stripe.intents() == []


def test_keeps_nothing_without_a_state_directory(connect):
    with start_sandbox() as base_url:
        connect(base_url).v1.payment_intents.create(HELD)
    with start_sandbox() as base_url:
        assert SandboxClient(base_url).stripe.intents() == []


def test_two_do_not_share_a_state_directory(tmp_path):
    with start_sandbox(tmp_path):
        second = run("--state", str(tmp_path), FINDR_ENV="test")

    assert second.returncode == 1
    assert second.stderr == f"Another sandbox is using the state directory {tmp_path}.\n"


@pytest.mark.parametrize("content", [None, b"this is no database" * 100])
def test_says_so_when_the_state_directory_is_none(tmp_path, content):
    state = tmp_path / "state"
    if content:
        state.mkdir()
        (state / "sandbox.sqlite3").write_bytes(content)
    else:
        state.write_text("a file")

    ended = run("--state", str(state), FINDR_ENV="test")

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"The state directory {state} cannot be used: ")
    assert ended.stderr.count("\n") == 1


def test_says_so_when_the_port_is_taken():
    with start_sandbox() as base_url:
        port = base_url.rpartition(":")[2]
        second = run("--port", port, FINDR_ENV="test")

    assert second.returncode == 1
    assert second.stderr.startswith(f"The sandbox cannot listen on 127.0.0.1:{port}: ")
    assert second.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "env", "reason"),
    [
        ("https://example.org/hook", {"STRIPE_WEBHOOK_SECRET": "whsec"}, "Wrong in an endpoint: url."),
        ("http://127.0.0.1:3001/hook", {}, "Wrong in an endpoint: secret."),
    ],
)
def test_says_so_when_webhooks_cannot_be_sent(url, env, reason):
    ended = run(FINDR_ENV="test", SANDBOX_STRIPE_WEBHOOK_URL=url, **env)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(reason)
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_ends_cleanly_when_asked(how, tmp_path):
    process, base_url = launch(tmp_path)
    SandboxClient(base_url).healthy()

    process.send_signal(how)

    assert process.wait(10) == 0
    stop(process)


def test_ends_with_the_process_that_started_it():
    process, _ = launch()
    assert process.stdin

    process.stdin.close()

    assert process.wait(10) == 0
    stop(process)


def test_imports_no_app_and_no_framework():
    code = "import sys, findr.sandbox.__main__; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
    )

    loaded = set(shown.stdout.split())
    assert not loaded & {"django", "stripe", "requests", "bookings", "providers", "calendars", "notifications"}
