"""A vendor added in a test, without one line changed in the shared parts: routes, ledger, misbehaviour, its own client."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from findr.sandbox.client import SandboxClient
from findr.sandbox.process import SandboxFailed, launch, start_sandbox, stop
from findr.sandbox.registry import VENDORS

from .toy_client import TOY, ask, write
from .toy_vendor import Toy

DAY = 86_400


def pay(connect, base_url):
    """A payment intent at Stripe."""
    params = {"amount": 5000, "currency": "usd", "allowed_payment_method_types": ["card"]}
    return connect(base_url).v1.payment_intents.create(params)


def test_it_is_served_below_its_mount_and_refuses_in_its_own_words(both):
    assert write(both, "n1") == (200, {"id": "n1", "owner": "pat", "customer": "nobody"})
    assert ask(both, "GET", "/v1/notes?owner=pat")[1]["notes"][0]["id"] == "n1"
    assert ask(both, "GET", "/v1/nothing") == (404, {"fault": "Nothing is served at GET /v1/nothing."})
    assert ask(both, "DELETE", "/v1/notes")[0] == 404
    assert ask(both, "POST", "/v1/notes", {"id": "n2", "colour": "red"}) == (400, {"fault": "unknown field colour"})
    assert ask(both, "POST", "/v1/notes", {"id": 2}) == (400, {"fault": "id is no string"})


@pytest.mark.parametrize("path", ["/v1/payment_intents", "/toys/v1/notes", "/", "/nobody/token"])
def test_what_is_mounted_nowhere_is_not_found_and_says_what_is(both, path):
    with pytest.raises(HTTPError) as refused:
        urlopen(both.base_url + path, timeout=5)

    with refused.value as answer:
        said = json.load(answer)["error"]["message"]
    assert answer.status == 404
    mounts = ", ".join(kind.mount for kind in (*VENDORS, Toy))
    assert said == f"The sandbox serves nothing at {path}. Its vendors are below {mounts}, its control at /__."


def test_kinds_and_indexes_of_the_same_name_do_not_meet(both, connect):
    intent = pay(connect, both.base_url)
    write(both, intent.id, owner="pat")
    write(both, "n2", owner="sam")

    assert [note["id"] for note in both.toy.notes("pat")] == [intent.id]
    assert ask(both, "GET", "/v1/notes?owner=sam")[1]["notes"][0]["id"] == "n2"
    assert [one["id"] for one in both.stripe.intents()] == [intent.id]
    assert both.stripe.intent(intent.id)["amount"] == 5000
    listed = connect(both.base_url).v1.payment_intents
    assert [one.id for one in listed.list().data] == [intent.id]
    assert listed.list({"customer": "nobody"}).data == []


def test_both_survive_a_kill_and_neither_a_reset(connect, tmp_path):
    process, base_url = launch(tmp_path, vendors=[TOY])
    client = SandboxClient(base_url, vendors=[Toy])
    intent = pay(connect, base_url)
    write(client, intent.id, owner="pat")
    process.kill()
    stop(process)

    with start_sandbox(tmp_path, vendors=[TOY]) as base_url:
        client = SandboxClient(base_url, vendors=[Toy])
        assert client.stripe.intent(intent.id)["currency"] == "usd"
        assert ask(client, "GET", "/v1/notes?owner=pat")[1]["notes"][0]["id"] == intent.id
    with start_sandbox(tmp_path) as base_url:
        assert [one["id"] for one in SandboxClient(base_url).stripe.intents()] == [intent.id]
    with start_sandbox(tmp_path, vendors=[TOY]) as base_url:
        client = SandboxClient(base_url, vendors=[Toy])
        assert len(client.toy.notes("pat")) == 1
        client.reset()
        assert (client.toy.notes("pat"), client.stripe.intents()) == ([], [])
    with start_sandbox(tmp_path, vendors=[TOY]) as base_url:
        client = SandboxClient(base_url, vendors=[Toy])
        assert (client.toy.notes("pat"), client.stripe.intents()) == ([], [])


def test_it_misbehaves_in_its_own_shape_and_alone(both, connect):
    both.toy.misbehave({"path": "/v1/*", "action": "status", "status": 429, "code": "slowly", "times": None})

    assert write(both, "n1") == (429, {"fault": "slowly"})
    assert pay(connect, both.base_url).status == "requires_payment_method"
    assert [(one["vendor"], one["path"], one["misbehaved"]) for one in both.log()] == [
        ("toy", "/v1/notes", "status"),
        ("stripe", "/v1/payment_intents", None),
    ]
    assert both.toy.notes("pat") == []


def test_a_rule_for_every_vendor_strikes_every_vendor(both, connect):
    both.misbehave({"path": "/v1/*", "action": "status", "status": 503, "times": 2})

    assert write(both, "n1")[0] == 503
    with pytest.raises(Exception, match="An unknown error occurred"):
        pay(connect, both.base_url)


def test_it_hears_of_the_clock(both):
    both.move_clock(DAY)

    assert both.toy.ledger()["moved"]["moved"]["at"] == pytest.approx(both.now(), abs=5)


def test_a_client_has_the_vendors_it_was_told_of(both):
    assert not hasattr(SandboxClient(both.base_url), "toy")
    assert both.toy.base_url == f"{both.base_url}/toy"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("tests.sandbox.toy_vendor:Nobody", "There is no vendor at"),
        ("no.such.module:Toy", "There is no vendor at"),
        ("nonsense", "There is no vendor at"),
        (f"{TOY},{TOY}", "Two vendors call themselves"),
    ],
)
def test_a_sandbox_with_an_impossible_vendor_does_not_start(path, why, capfd):
    with pytest.raises(SandboxFailed):
        launch(vendors=path.split(","))

    assert why in capfd.readouterr().err
