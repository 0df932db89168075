"""Deliveries of a vendor added in a test: headers alone, bodies with a secret, a handshake; spoilt as the rules say."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected

import pytest

from findr.sandbox.client import ControlRefused, SandboxClient
from findr.sandbox.process import launch, start_sandbox, stop

from .receiver import receiving
from .toy_client import TOY, ask, write
from .toy_vendor import Toy

TOKEN = "a word between us"


@pytest.fixture
def channel(both):
    """A receiver of pushes of headers alone."""
    with receiving() as receiver:
        ask(both, "POST", "/v1/channels", {"id": "c1", "url": receiver.url, "token": TOKEN})
        yield receiver
        both.reset()


@pytest.fixture
def subscriber(both):
    """A receiver of notifications, which has answered the handshake."""
    with receiving() as receiver:
        assert subscribe(both, receiver)[0] == 201
        yield receiver
        both.reset()


def subscribe(client, receiver):
    return ask(client, "POST", "/v1/subscriptions", {"id": "s1", "url": receiver.url, "secret": TOKEN})


def notes(receiver):
    """The notes that pushes of headers were about, in the order of arrival."""
    return [headers["X-Toy-Note"] for headers in receiver.headers]


def test_a_push_may_be_headers_alone(both, channel):
    write(both, "n1")

    (attempt,) = both.toy.pushes.settle()
    assert channel.bodies == [b""]
    assert (channel.headers[0]["X-Toy-Channel-Token"], notes(channel)) == (TOKEN, ["n1"])
    assert (attempt["type"], attempt["to"], attempt["about"], attempt["status"]) == ("written", "c1", "n1", 200)


def test_a_push_may_be_a_body_with_a_secret_in_it(both, subscriber):
    write(both, "n1")
    both.toy.pushes.settle()

    assert json.loads(subscriber.bodies[0]) == {"value": [{"secret": TOKEN, "note": "n1"}]}


@pytest.mark.parametrize("fault", ["handshake failed", "nobody answers"])
def test_a_subscription_without_its_handshake_is_none(both, fault):
    with receiving() as receiver:
        receiver.handshake = 500
        if fault == "nobody answers":
            receiver.url = "http://127.0.0.1:9/hook"
        status, said = subscribe(both, receiver)
        write(both, "n1")

        assert status == 400
        assert fault in said["fault"]
        assert both.toy.pushes.settle() == []


def test_holds_duplicates_reorders_and_drops(both, channel):
    both.toy.pushes.misbehave({"action": "drop", "to": "c1"})
    write(both, "dropped")
    both.toy.pushes.misbehave({"action": "duplicate", "type": "wr*"})
    write(both, "doubled")
    both.toy.pushes.settle()
    both.toy.pushes.misbehave({"action": "reorder", "to": "c1"})
    write(both, "first")
    write(both, "second")
    both.toy.pushes.settle()
    both.toy.pushes.misbehave({"action": "drop", "to": "somebody else"}, {"action": "hold"})
    write(both, "held")
    both.toy.pushes.settle()
    before = notes(channel)
    both.toy.pushes.send()
    both.toy.pushes.settle()

    assert before == ["doubled", "doubled", "second", "first"]
    assert notes(channel)[4:] == ["held"]


def test_a_forged_push_shows_another_secret_and_the_honest_one_waits(both, channel):
    both.toy.pushes.misbehave({"action": "forge"})
    write(both, "n1")
    both.toy.pushes.settle()

    assert both.toy.pushes.send() == ["n1-c1"]
    both.toy.pushes.settle()
    assert [headers["X-Toy-Channel-Token"] for headers in channel.headers] == ["a guess", TOKEN]
    with pytest.raises(ControlRefused, match="action is one of hold, drop, delay, duplicate, reorder, forge"):
        both.toy.pushes.misbehave({"action": "postdate", "seconds": 5})


@pytest.mark.parametrize(("answered", "attempts"), [(503, 2), (410, 1)])
def test_it_tries_again_only_as_this_vendor_does(both, channel, answered, attempts):
    channel.answers = [answered]
    write(both, "n1")

    assert len(both.toy.pushes.settle()) == attempts


def test_a_channel_that_is_stopped_gets_nothing_more(both, channel):
    both.toy.pushes.misbehave({"action": "delay", "seconds": 0.1})
    write(both, "n1")
    ask(both, "DELETE", "/v1/channels/c1")

    assert both.toy.pushes.settle() == []
    assert channel.bodies == []
    with pytest.raises(ControlRefused, match="nobody to send n1-c1 to"):
        both.toy.pushes.send("n1-c1")


def test_pushes_of_one_vendor_are_not_the_others(both, channel):
    both.toy.pushes.hold()
    write(both, "n1")

    assert both.toy.pushes.state()["held"] == ["n1-c1"]
    assert both.stripe.webhooks.state()["held"] == []


def test_what_was_on_its_way_is_pushed_after_a_kill(tmp_path):
    with receiving() as receiver:
        process, base_url = launch(tmp_path, vendors=[TOY])
        client = SandboxClient(base_url, vendors=[Toy])
        ask(client, "POST", "/v1/channels", {"id": "c1", "url": receiver.url, "token": TOKEN})
        client.toy.pushes.hold()
        write(client, "n1")
        process.kill()
        stop(process)

        with start_sandbox(tmp_path, vendors=[TOY]) as base_url:
            SandboxClient(base_url, vendors=[Toy]).toy.pushes.settle()

        assert notes(receiver) == ["n1"]


def test_a_reset_hangs_up_on_a_call_that_waits_for_somebody(both, until):
    """The handshake is under way, and nobody will answer it: the sandbox forgets it with everything else."""
    with receiving() as receiver, ThreadPoolExecutor(1) as pool:
        receiver.open.clear()
        waiting = pool.submit(subscribe, both, receiver)
        until(receiver.asked.is_set)
        both.reset()

        with pytest.raises(RemoteDisconnected):
            waiting.result(5)
        receiver.open.set()
        assert both.toy.pushes.state()["under_way"] == 0
