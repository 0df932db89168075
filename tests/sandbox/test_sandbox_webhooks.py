"""Webhooks out: signed as Stripe signs them, and sent at least once."""

from __future__ import annotations

import time

import pytest

from findr import clock
from findr.sandbox.client import ControlRefused, SandboxClient
from findr.sandbox.deliveries.client import StillUnderWay
from findr.sandbox.process import launch, start_sandbox, stop

from .receiver import HELD_EVENTS, SECRET, receiving, verified


def started_with(url):
    """The environment that tells a new sandbox where to send."""
    return {"SANDBOX_STRIPE_WEBHOOK_URL": url, "STRIPE_WEBHOOK_SECRET": SECRET}


def test_sends_nothing_until_told_where(hold, sandbox):
    hold()

    assert sandbox.stripe.webhooks.state()["endpoint"]["url"] is None
    assert sandbox.stripe.webhooks.settle() == []


def test_the_sdk_accepts_what_is_sent(hold, sandbox, receiver):
    intent = hold(metadata={"booking": "Zoë"})
    sandbox.stripe.webhooks.settle()

    events = [verified(receiver, number) for number in range(3)]
    assert [event.type for event in events] == HELD_EVENTS
    assert events[2].data.object.id == intent.id
    assert events[2].data.object.status == "requires_capture"
    assert events[2].data.object.metadata.booking == "Zoë"
    assert [event.id for event in events] == [event["id"] for event in sandbox.stripe.events()]


def test_each_attempt_is_logged(hold, sandbox, receiver):
    receiver.answers = [404]
    intent = hold()

    log = sandbox.stripe.webhooks.settle()

    assert [(one["n"], one["type"], one["status"]) for one in log] == list(
        zip((1, 2, 3), HELD_EVENTS, (404, 200, 200), strict=True)
    )
    assert (log[0]["about"], log[0]["attempt"], log[0]["said"]) == (intent.id, 1, '{"received": true}')
    assert sandbox.stripe.webhooks.log(since=2) == log[2:]


def test_says_which_events_were_delivered(api, hold, sandbox, receiver):
    receiver.answers = [500]
    hold()
    sandbox.stripe.webhooks.settle()

    undelivered = api.events.list({"delivery_success": False}).data
    assert [(one.type, one.pending_webhooks) for one in undelivered] == [("payment_intent.created", 1)]
    assert [one.type for one in api.events.list({"delivery_success": True}).data] == HELD_EVENTS[:0:-1]


def test_tries_again_until_accepted(hold, sandbox, receiver):
    sandbox.stripe.webhooks.send_to(
        receiver.url, SECRET, retry_seconds=[0.01, 0.02, 0.03], enabled_events=["payment_intent.created"]
    )
    receiver.answers = [500, 302]
    hold()

    log = sandbox.stripe.webhooks.settle()

    assert [(one["attempt"], one["status"]) for one in log] == [(1, 500), (2, 302), (3, 200)]
    assert len(set(receiver.ids)) == 1
    assert verified(receiver).type == "payment_intent.created"


def test_gives_up_after_the_last_try(api, hold, sandbox, receiver):
    sandbox.stripe.webhooks.send_to(receiver.url, SECRET, retry_seconds=[0.01], enabled_events=["charge.*"])
    receiver.answers = [500, 500, 500]
    hold()

    assert [one["attempt"] for one in sandbox.stripe.webhooks.settle()] == [1, 2]
    assert [one.type for one in api.events.list({"delivery_success": False}).data] == ["charge.succeeded"]


@pytest.mark.parametrize(("options", "error"), [({}, "ConnectionRefused"), ({"timeout_seconds": 0.05}, "timed out")])
def test_nobody_there_is_logged_and_hurts_nobody(hold, sandbox, receiver, options, error):
    url = receiver.url if options else "http://127.0.0.1:9/hook"
    sandbox.stripe.webhooks.send_to(url, SECRET, retry_seconds=[], enabled_events=["charge.*"], **options)
    receiver.open.clear()

    assert hold().status == "requires_capture"

    log = sandbox.stripe.webhooks.settle()
    assert [one["status"] for one in log] == [None]
    assert log[0]["error"].startswith(error)


def test_a_slow_receiver_holds_up_no_answer(hold, sandbox, receiver, until):
    receiver.open.clear()
    started = time.monotonic()
    for _ in range(5):
        hold()
    took = time.monotonic() - started

    until(lambda: receiver.bodies)
    assert took < 2
    assert sandbox.stripe.webhooks.state()["under_way"] == 15
    with pytest.raises(StillUnderWay):
        sandbox.stripe.webhooks.settle(0.02)


def test_a_reset_drops_what_is_pending_and_the_endpoint(hold, sandbox, receiver, until):
    receiver.open.clear()
    sandbox.stripe.webhooks.misbehave({"action": "delay", "seconds": 60, "times": None, "skip": 1})
    hold()
    until(lambda: receiver.bodies)

    sandbox.reset()

    receiver.open.set()
    state = sandbox.stripe.webhooks.state()
    assert (state["under_way"], state["held"], state["rules"]) == (0, [], [])
    assert state["endpoint"]["url"] is None
    assert sandbox.stripe.webhooks.log() == []
    hold()
    assert sandbox.stripe.webhooks.settle() == []
    assert receiver.types == HELD_EVENTS[:1]


def test_signs_with_the_sandboxs_own_time(hold, sandbox, receiver):
    sandbox.move_clock(86_400)
    hold()

    assert sandbox.stripe.webhooks.settle()[0]["timestamp"] == pytest.approx(clock.now().timestamp() + 86_400, abs=5)


def test_makes_an_event_that_never_was(sandbox, receiver):
    made = sandbox.stripe.make_event("payment_intent.succeeded", {"id": "pi_unknown", "object": "payment_intent"})
    sandbox.stripe.webhooks.settle()

    assert verified(receiver).id == made["id"]
    assert verified(receiver).data.object.id == "pi_unknown"


def test_a_body_written_anew_does_not_verify(hold, sandbox, receiver):
    """Stripe's bodies are indented: whoever signs what they parsed and wrote again, fails here as there."""
    hold()
    sandbox.stripe.webhooks.settle()

    assert b'\n  "id": "evt_' in receiver.bodies[0]


@pytest.mark.parametrize(
    "given",
    [
        {"url": "https://example.org/hook", "secret": "s"},
        {"url": "http://10.0.0.1/hook", "secret": "s"},
        {"url": "http://127.0.0.1:1/hook"},
        {"url": "http://127.0.0.1:1/hook", "secret": ""},
        {"url": "http://127.0.0.1:1/hook", "secret": "s", "retry_seconds": [-1]},
        {"url": "http://127.0.0.1:1/hook", "secret": "s", "at_once": 0},
        {"url": "http://127.0.0.1:1/hook", "secret": "s", "enabled_events": "*"},
        {"url": "http://127.0.0.1:1/hook", "secret": "s", "colour": "red"},
        {"secret": "s"},
        [],
    ],
)
def test_refuses_a_wrong_endpoint(sandbox, given):
    with pytest.raises(ControlRefused) as caught:
        sandbox.call("POST", "/__stripe/webhooks", given)

    assert caught.value.status == 400
    assert sandbox.stripe.webhooks.state()["endpoint"]["url"] is None


def test_the_endpoint_of_the_start_survives_a_reset(connect):
    with (
        receiving() as receiver,
        start_sandbox(env=started_with(receiver.url)) as base_url,
    ):
        sandbox = SandboxClient(base_url)
        sandbox.stripe.webhooks.stop()
        sandbox.reset()
        connect(base_url).v1.setup_intents.create({})
        sandbox.stripe.webhooks.settle()

        assert verified(receiver).type == "setup_intent.created"


def test_what_was_on_its_way_is_sent_after_a_kill(connect, tmp_path, until):
    with receiving() as receiver:
        process, base_url = launch(tmp_path, env=started_with("http://127.0.0.1:9/hook"))
        connect(base_url).v1.setup_intents.create({})
        until(lambda: SandboxClient(base_url).stripe.webhooks.log())
        process.kill()
        stop(process)

        with start_sandbox(tmp_path, env=started_with(receiver.url)) as base_url:
            SandboxClient(base_url).stripe.webhooks.settle()

    assert receiver.types == ["setup_intent.created"]
