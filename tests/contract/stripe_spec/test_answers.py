"""What the sandbox answers is what Stripe's specification promises."""

from __future__ import annotations

import json
from typing import Any

import stripe  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from findr.sandbox.stripe import API_VERSION
from findr.sandbox.stripe.routes import OPERATIONS

from .flows import HELD, everything, refused
from .spec import MORE, SPEC, Exchange, answer_problems, path_of, problems, request_problems


def test_every_answer_and_request_is_as_specified(api, recorder, sandbox):
    everything(api, sandbox)

    wrong = {
        f"{one.method} {one.path} {one.status}": found
        for one in recorder.exchanges
        if (found := [*request_problems(one), *answer_problems(one)])
    }
    assert wrong == {}
    called = {(one.method, path_of(one.path)) for one in recorder.exchanges}
    assert len(called) == len(OPERATIONS) - 1, "all but the deletion below are called"


def test_objects_have_no_field_the_specification_does_not_know(api, sandbox):
    everything(api, sandbox)

    names = {
        "payment_intents": "PaymentIntent",
        "charges": "Charge",
        "refunds": "Refund",
        "customers": "Customer",
        "payment_methods": "PaymentMethod",
        "setup_intents": "SetupIntent",
        "ephemeral_keys": "EphemeralKey",
        "disputes": "Dispute",
    }
    ledger = sandbox.stripe.ledger()
    unknown = {
        f"{name}.{field}"
        for kind, name in names.items()
        for thing in ledger[kind].values()
        for field in set(thing) - set(SPEC["components"]["schemas"][name]["properties"])
    }
    # Stripe's mobile SDKs read it; the class of the server's SDK does not name it.
    assert unknown == {"EphemeralKey.associated_objects"}
    assert all(ledger[kind] for kind in names)


def test_every_event_is_as_specified(api, sandbox):
    """Each event, and the object in it, which is one of those above."""
    everything(api, sandbox)

    schemas = SPEC["components"]["schemas"]
    events = sandbox.stripe.events()
    wrong = {
        event["type"]: found
        for event in events
        if (found := [*problems(event, schemas["Event"]), *problems(event["data"]["object"], object_schema(event))])
    }
    assert wrong == {}
    unknown = {name for event in events for name in set(event) - set(schemas["Event"]["properties"])}
    assert unknown == set()
    assert len({event["type"] for event in events}) > 20


def object_schema(event: dict[str, Any]) -> dict[str, Any]:
    """The schema of the object in an event: ``payment_intent`` is ``PaymentIntent``."""
    kind = event["data"]["object"]["object"]
    return {"$ref": f"#/components/schemas/{kind.title().replace('_', '')}"}


def test_a_deleted_customer_is_as_documented(api, recorder):
    """Stripe answers three fields only; the specification, made from the SDK's class, wants those of a living one."""
    customer = api.customers.create({})
    api.customers.delete(customer.id)

    assert recorder.exchanges[-1].answer == {"id": customer.id, "object": "customer", "deleted": True}


def test_answers_of_misbehaviour_are_as_specified(api, recorder, sandbox):
    for status, kind in ((429, "invalid_request_error"), (500, "api_error"), (503, "api_error")):
        sandbox.misbehave({"action": "status", "status": status, "type": kind, "code": "rate_limit"})
        refused(api.payment_intents.create, HELD)

    assert [answer_problems(one) for one in recorder.exchanges] == [[], [], []]
    assert [one.status for one in recorder.exchanges] == [429, 500, 503]


def test_the_sdk_the_sandbox_and_the_specification_speak_one_version():
    assert stripe.api_version == API_VERSION
    assert all(API_VERSION in json.dumps([spec["info"], spec["x-source"]]) for spec in (SPEC, MORE))


def test_the_checks_themselves_find_what_is_wrong():
    """The negative control: a wrong answer and a wrong request do not pass."""
    answer = {"id": "pi_1", "object": "payment_intent", "status": "paid", "amount": "5000"}
    got = Exchange("GET", "/v1/payment_intents/pi_1", "", "", 200, answer)
    sent = Exchange("POST", "/v1/payment_intents", "", "amount=5000&currency=usd&colour=red", 200, {})

    assert any("'paid' is not one of" in found for found in answer_problems(got))
    assert any("'client_secret'" in found or "required" in found for found in answer_problems(got))
    assert any("colour" in found for found in request_problems(sent))
