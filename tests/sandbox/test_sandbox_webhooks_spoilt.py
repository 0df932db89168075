"""Webhooks that are spoilt on request: held back, lost, late, doubled, out of order, forged."""

from __future__ import annotations

import pytest
import stripe  # noqa: TID251  the SDK that findr uses checks the signatures

from findr import clock
from findr.sandbox.client import ControlRefused

from .receiver import HELD_EVENTS, verified


def test_duplicates(hold, sandbox, receiver):
    sandbox.stripe.webhooks.misbehave({"action": "duplicate", "type": "charge.*", "count": 3})
    hold()
    sandbox.stripe.webhooks.settle()

    assert receiver.types.count("charge.succeeded") == 3
    assert len(set(receiver.ids)) == 3


def test_reorders(hold, sandbox, receiver):
    sandbox.stripe.webhooks.misbehave({"action": "reorder", "count": 3})
    hold()
    sandbox.stripe.webhooks.settle()

    assert receiver.types == HELD_EVENTS[::-1]


def test_an_unfinished_reordering_is_held_when_the_rules_go(hold, sandbox, receiver):
    sandbox.stripe.webhooks.misbehave({"action": "reorder", "count": 4})
    hold()
    gathering = sandbox.stripe.webhooks.state()["gathering"]

    sandbox.stripe.webhooks.behave()
    sandbox.stripe.webhooks.send()
    sandbox.stripe.webhooks.settle()

    assert (gathering, receiver.types) == (3, HELD_EVENTS)


def test_delays(hold, sandbox, receiver):
    sandbox.stripe.webhooks.misbehave({"action": "delay", "type": "payment_intent.created", "seconds": 0.2})
    hold()
    sandbox.stripe.webhooks.settle()

    assert receiver.types == [*HELD_EVENTS[1:], HELD_EVENTS[0]]


def test_drops(hold, sandbox, receiver):
    sandbox.stripe.webhooks.misbehave({"action": "drop", "type": "payment_intent.*", "times": None})
    hold()
    sandbox.stripe.webhooks.settle()

    assert receiver.types == ["charge.succeeded"]


def test_holds_back_and_sends_later(hold, sandbox, receiver):
    sandbox.stripe.webhooks.hold("payment_intent.*")
    hold()
    sandbox.stripe.webhooks.settle()
    before = receiver.types

    sandbox.stripe.webhooks.behave()
    sent = sandbox.stripe.webhooks.send(reverse=True, copies=2)
    sandbox.stripe.webhooks.settle()

    late = [HELD_EVENTS[2], HELD_EVENTS[0]]
    assert (before, receiver.types[1:]) == (["charge.succeeded"], [late[0], late[0], late[1], late[1]])
    assert sent == receiver.ids[1::2]
    assert sandbox.stripe.webhooks.state()["held"] == []


def test_sends_an_old_event_again(hold, sandbox, receiver):
    hold()
    sandbox.stripe.webhooks.settle()

    sandbox.stripe.webhooks.send(receiver.ids[0])
    sandbox.stripe.webhooks.settle()

    assert receiver.ids[3] == receiver.ids[0]
    assert verified(receiver).type == "payment_intent.created"


@pytest.mark.parametrize("how", ["rule", "send"])
def test_forges_once_and_holds_the_honest_one_back(hold, sandbox, receiver, how):
    sandbox.stripe.webhooks.misbehave(
        {"action": "forge" if how == "rule" else "hold", "type": "payment_intent.created"}
    )
    hold()
    sandbox.stripe.webhooks.settle()
    if how == "send":
        sandbox.stripe.webhooks.send(forge=1)
        sandbox.stripe.webhooks.settle()

    forged = receiver.types.index("payment_intent.created")
    with pytest.raises(stripe.SignatureVerificationError):
        verified(receiver, forged)
    assert [one["forged"] for one in sandbox.stripe.webhooks.log()].count(True) == 1

    sandbox.stripe.webhooks.send()
    sandbox.stripe.webhooks.settle()
    assert verified(receiver).id == receiver.ids[forged]


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_signs_for_another_moment(hold, sandbox, receiver, seconds):
    sandbox.stripe.webhooks.misbehave({"action": "postdate", "seconds": seconds})
    hold()
    log = sandbox.stripe.webhooks.settle()

    assert log[0]["timestamp"] == pytest.approx(clock.now().timestamp() + seconds, abs=5)
    assert verified(receiver, 0, tolerance=None).type == "payment_intent.created"
    if seconds < 0:
        with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
            verified(receiver, 0)
    assert sandbox.stripe.webhooks.state()["held"] == [receiver.ids[0]]


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
        sandbox.stripe.webhooks.misbehave({"action": "hold"}, rule)

    assert sandbox.stripe.webhooks.state()["rules"] == []


def test_refuses_to_send_what_is_not_there(sandbox, receiver):
    with pytest.raises(ControlRefused, match="nothing to send under the id evt_unknown"):
        sandbox.stripe.webhooks.send("evt_unknown")
    made = sandbox.stripe.make_event("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"})
    with pytest.raises(ControlRefused, match="spoilt by forge, postdate"):
        sandbox.stripe.webhooks.send(made["id"], burn=1)
    sandbox.stripe.webhooks.stop()
    with pytest.raises(ControlRefused, match="nobody to send"):
        sandbox.stripe.webhooks.send(made["id"])
