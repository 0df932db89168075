"""Webhooks out: signed as Stripe signs them, sent at least once, and spoilt on request."""

from __future__ import annotations

import time

import pytest
import stripe  # noqa: TID251  the SDK that findr uses checks the signatures

from findr import clock
from findr.sandbox.client import ControlRefused, SandboxClient
from findr.sandbox.process import launch, start_sandbox, stop
from findr.sandbox.webhook_client import StillUnderWay

from .receiver import SECRET, receiving

HELD_EVENTS = ["payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated"]


@pytest.fixture
def receiver(sandbox):
    """Takes the sandbox's webhooks, one at a time, and is never tried twice."""
    with receiving() as receiver:
        sandbox.webhooks.send_to(receiver.url, SECRET, retry_seconds=[], at_once=1)
        yield receiver
        sandbox.reset()


def verified(receiver, number=-1, tolerance=300):
    """The event as the SDK accepts it."""
    return stripe.Webhook.construct_event(receiver.bodies[number], receiver.signatures[number], SECRET, tolerance)


def test_sends_nothing_until_told_where(hold, sandbox):
    hold()

    assert sandbox.webhooks.state()["endpoint"]["url"] is None
    assert sandbox.webhooks.settle() == []


def test_the_sdk_accepts_what_is_sent(hold, sandbox, receiver):
    intent = hold(metadata={"booking": "Zoë"})
    sandbox.webhooks.settle()

    events = [verified(receiver, number) for number in range(3)]
    assert [event.type for event in events] == HELD_EVENTS
    assert events[2].data.object.id == intent.id
    assert events[2].data.object.status == "requires_capture"
    assert events[2].data.object.metadata.booking == "Zoë"
    assert [event.id for event in events] == [event["id"] for event in sandbox.events()]


def test_each_attempt_is_logged(hold, sandbox, receiver):
    receiver.answers = [404]
    intent = hold()

    log = sandbox.webhooks.settle()

    assert [(one["n"], one["type"], one["status"]) for one in log] == list(
        zip((1, 2, 3), HELD_EVENTS, (404, 200, 200), strict=True)
    )
    assert (log[0]["object"], log[0]["attempt"], log[0]["said"]) == (intent.id, 1, '{"received": true}')
    assert sandbox.webhooks.log(since=2) == log[2:]


def test_says_which_events_were_delivered(api, hold, sandbox, receiver):
    receiver.answers = [500]
    hold()
    sandbox.webhooks.settle()

    undelivered = api.events.list({"delivery_success": False}).data
    assert [(one.type, one.pending_webhooks) for one in undelivered] == [("payment_intent.created", 1)]
    assert [one.type for one in api.events.list({"delivery_success": True}).data] == HELD_EVENTS[:0:-1]


def test_tries_again_until_accepted(hold, sandbox, receiver):
    sandbox.webhooks.send_to(
        receiver.url, SECRET, retry_seconds=[0.01, 0.02, 0.03], enabled_events=["payment_intent.created"]
    )
    receiver.answers = [500, 302]
    hold()

    log = sandbox.webhooks.settle()

    assert [(one["attempt"], one["status"]) for one in log] == [(1, 500), (2, 302), (3, 200)]
    assert len(set(receiver.ids)) == 1
    assert verified(receiver).type == "payment_intent.created"


def test_gives_up_after_the_last_try(api, hold, sandbox, receiver):
    sandbox.webhooks.send_to(receiver.url, SECRET, retry_seconds=[0.01], enabled_events=["charge.*"])
    receiver.answers = [500, 500, 500]
    hold()

    assert [one["attempt"] for one in sandbox.webhooks.settle()] == [1, 2]
    assert [one.type for one in api.events.list({"delivery_success": False}).data] == ["charge.succeeded"]


@pytest.mark.parametrize(("options", "error"), [({}, "ConnectionRefused"), ({"timeout_seconds": 0.05}, "timed out")])
def test_nobody_there_is_logged_and_hurts_nobody(hold, sandbox, receiver, options, error):
    url = receiver.url if options else "http://127.0.0.1:9/hook"
    sandbox.webhooks.send_to(url, SECRET, retry_seconds=[], enabled_events=["charge.*"], **options)
    receiver.open.clear()

    assert hold().status == "requires_capture"

    log = sandbox.webhooks.settle()
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
    assert sandbox.webhooks.state()["under_way"] == 15
    with pytest.raises(StillUnderWay):
        sandbox.webhooks.settle(0.02)


def test_a_reset_drops_what_is_pending_and_the_endpoint(hold, sandbox, receiver, until):
    receiver.open.clear()
    sandbox.webhooks.misbehave({"action": "delay", "seconds": 60, "times": None, "skip": 1})
    hold()
    until(lambda: receiver.bodies)

    sandbox.reset()

    receiver.open.set()
    state = sandbox.webhooks.state()
    assert (state["under_way"], state["held"], state["rules"]) == (0, [], [])
    assert state["endpoint"]["url"] is None
    assert sandbox.webhooks.log() == []
    hold()
    assert sandbox.webhooks.settle() == []
    assert receiver.types == HELD_EVENTS[:1]


def test_duplicates(hold, sandbox, receiver):
    sandbox.webhooks.misbehave({"action": "duplicate", "type": "charge.*", "count": 3})
    hold()
    sandbox.webhooks.settle()

    assert receiver.types.count("charge.succeeded") == 3
    assert len(set(receiver.ids)) == 3


def test_reorders(hold, sandbox, receiver):
    sandbox.webhooks.misbehave({"action": "reorder", "count": 3})
    hold()
    sandbox.webhooks.settle()

    assert receiver.types == HELD_EVENTS[::-1]


def test_an_unfinished_reordering_is_held_when_the_rules_go(hold, sandbox, receiver):
    sandbox.webhooks.misbehave({"action": "reorder", "count": 4})
    hold()
    gathering = sandbox.webhooks.state()["gathering"]

    sandbox.webhooks.behave()
    sandbox.webhooks.send()
    sandbox.webhooks.settle()

    assert (gathering, receiver.types) == (3, HELD_EVENTS)


def test_delays(hold, sandbox, receiver):
    sandbox.webhooks.misbehave({"action": "delay", "type": "payment_intent.created", "seconds": 0.2})
    hold()
    sandbox.webhooks.settle()

    assert receiver.types == [*HELD_EVENTS[1:], HELD_EVENTS[0]]


def test_drops(hold, sandbox, receiver):
    sandbox.webhooks.misbehave({"action": "drop", "type": "payment_intent.*", "times": None})
    hold()
    sandbox.webhooks.settle()

    assert receiver.types == ["charge.succeeded"]


def test_holds_back_and_sends_later(hold, sandbox, receiver):
    sandbox.webhooks.hold("payment_intent.*")
    hold()
    sandbox.webhooks.settle()
    before = receiver.types

    sandbox.webhooks.behave()
    sent = sandbox.webhooks.send(reverse=True, copies=2)
    sandbox.webhooks.settle()

    late = [HELD_EVENTS[2], HELD_EVENTS[0]]
    assert (before, receiver.types[1:]) == (["charge.succeeded"], [late[0], late[0], late[1], late[1]])
    assert sent == receiver.ids[1::2]
    assert sandbox.webhooks.state()["held"] == []


def test_sends_an_old_event_again(hold, sandbox, receiver):
    hold()
    sandbox.webhooks.settle()

    sandbox.webhooks.send(receiver.ids[0])
    sandbox.webhooks.settle()

    assert receiver.ids[3] == receiver.ids[0]
    assert verified(receiver).type == "payment_intent.created"


@pytest.mark.parametrize("how", ["rule", "send"])
def test_forges_once_and_holds_the_honest_one_back(hold, sandbox, receiver, how):
    sandbox.webhooks.misbehave({"action": "forge" if how == "rule" else "hold", "type": "payment_intent.created"})
    hold()
    sandbox.webhooks.settle()
    if how == "send":
        sandbox.webhooks.send(forged=True)
        sandbox.webhooks.settle()

    forged = receiver.types.index("payment_intent.created")
    with pytest.raises(stripe.SignatureVerificationError):
        verified(receiver, forged)
    assert [one["forged"] for one in sandbox.webhooks.log()].count(True) == 1

    sandbox.webhooks.send()
    sandbox.webhooks.settle()
    assert verified(receiver).id == receiver.ids[forged]


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_signs_for_another_moment(hold, sandbox, receiver, seconds):
    sandbox.webhooks.misbehave({"action": "postdate", "seconds": seconds})
    hold()
    log = sandbox.webhooks.settle()

    assert log[0]["timestamp"] == pytest.approx(clock.now().timestamp() + seconds, abs=5)
    assert verified(receiver, 0, tolerance=None).type == "payment_intent.created"
    if seconds < 0:
        with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
            verified(receiver, 0)
    assert sandbox.webhooks.state()["held"] == [receiver.ids[0]]


def test_signs_with_the_sandboxs_own_time(hold, sandbox, receiver):
    sandbox.move_clock(86_400)
    hold()

    assert sandbox.webhooks.settle()[0]["timestamp"] == pytest.approx(clock.now().timestamp() + 86_400, abs=5)


def test_makes_an_event_that_never_was(sandbox, receiver):
    made = sandbox.make_event("payment_intent.succeeded", {"id": "pi_unknown", "object": "payment_intent"})
    sandbox.webhooks.settle()

    assert verified(receiver).id == made["id"]
    assert verified(receiver).data.object.id == "pi_unknown"


def test_a_body_written_anew_does_not_verify(hold, sandbox, receiver):
    """Stripe's bodies are indented: whoever signs what they parsed and wrote again, fails here as there."""
    hold()
    sandbox.webhooks.settle()

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
        sandbox._call("POST", "/__stripe/webhooks", given)

    assert caught.value.status == 400
    assert sandbox.webhooks.state()["endpoint"]["url"] is None


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "explode"},
        {"action": "hold", "colour": "red"},
        {"action": "delay", "seconds": -1},
        {"action": "duplicate", "count": 0},
        {"action": "hold", "skip": -1},
        "hold",
    ],
)
def test_refuses_a_wrong_rule(sandbox, rule):
    with pytest.raises(ControlRefused):
        sandbox.webhooks.misbehave({"action": "hold"}, rule)

    assert sandbox.webhooks.state()["rules"] == []


def test_refuses_to_send_what_is_not_there(sandbox, receiver):
    with pytest.raises(ControlRefused, match="no such event"):
        sandbox.webhooks.send("evt_unknown")
    sandbox.webhooks.stop()
    with pytest.raises(ControlRefused, match="no endpoint"):
        sandbox.webhooks.send()


def test_the_endpoint_of_the_start_survives_a_reset(connect):
    with (
        receiving() as receiver,
        start_sandbox(webhook_url=receiver.url, env={"STRIPE_WEBHOOK_SECRET": SECRET}) as base_url,
    ):
        sandbox = SandboxClient(base_url)
        sandbox.webhooks.stop()
        sandbox.reset()
        connect(base_url).v1.setup_intents.create({})
        sandbox.webhooks.settle()

        assert verified(receiver).type == "setup_intent.created"


def test_what_was_on_its_way_is_sent_after_a_kill(connect, tmp_path, until):
    env = {"STRIPE_WEBHOOK_SECRET": SECRET}
    with receiving() as receiver:
        process, base_url = launch(tmp_path, env=env, webhook_url="http://127.0.0.1:9/hook")
        connect(base_url).v1.setup_intents.create({})
        until(lambda: SandboxClient(base_url).webhooks.log())
        process.kill()
        stop(process)

        with start_sandbox(tmp_path, env=env, webhook_url=receiver.url) as base_url:
            SandboxClient(base_url).webhooks.settle()

    assert receiver.types == ["setup_intent.created"]
