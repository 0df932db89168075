"""What Stripe's specification refuses the sandbox refuses too, and serves nothing that the specification does not know."""

from __future__ import annotations

import pytest

from findr.sandbox.stripe.routes import OPERATIONS

from .flows import HELD, refused
from .spec import FORM, SPEC, answer_problems, path_of, request_problems


@pytest.mark.parametrize(
    "change",
    [
        {"payment_method_types": ["card"]},
        {"colour": "red"},
        {"amount": "fifty"},
        {"confirm": "yes"},
        {"capture_method": "later"},
        {"automatic_payment_methods": {"enabled": True, "colour": "red"}},
        {"metadata": {"nested": {"a": "b"}}},
        {"setup_future_usage": "sometimes"},
        {"allowed_payment_method_types": "card"},
        {"payment_method_options": {"card": {"request_three_d_secure": "maybe"}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_the_specification_refuses_the_sandbox_refuses(api, recorder, sandbox, change):
    error = refused(api.payment_intents.create, {**HELD, **change})

    assert request_problems(recorder.exchanges[-1]) != []
    assert answer_problems(recorder.exchanges[-1]) == []
    assert error.http_status == 400
    assert sandbox.stripe.intents() == []


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("capture", {"amount": 100}),
        ("cancel", {"cancellation_reason": "expired"}),
    ],
)
def test_what_the_specification_refuses_of_a_hold_the_sandbox_refuses(api, recorder, call, params):
    intent = api.payment_intents.create(HELD)

    error = refused(getattr(api.payment_intents, call), intent.id, params)

    assert request_problems(recorder.exchanges[-1]) != []
    assert error.http_status == 400
    assert api.payment_intents.retrieve(intent.id).status == "requires_capture"


@pytest.mark.parametrize(
    "change",
    [
        {"payment_method_types": ["card"]},
        {"colour": "red"},
        {"usage": "sometimes"},
        {"confirm": "yes"},
        {"metadata": {"nested": {"a": "b"}}},
        {"automatic_payment_methods": {"colour": "red"}},
        {"payment_method_options": {"card": {"request_three_d_secure": "maybe"}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_the_specification_refuses_of_a_setup_the_sandbox_refuses(api, recorder, sandbox, change):
    error = refused(api.setup_intents.create, change)

    assert request_problems(recorder.exchanges[-1]) != []
    assert answer_problems(recorder.exchanges[-1]) == []
    assert error.http_status == 400
    assert sandbox.stripe.ledger()["setup_intents"] == {}


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("ephemeral_keys.create", {"colour": "red"}),
        ("disputes.list", {"status": "won"}),
        ("events.list", {"delivery_success": "perhaps"}),
        ("customers.update", {"balance": 100.5}),
        ("refunds.list", {"status": "failed"}),
    ],
)
def test_what_the_specification_refuses_elsewhere_the_sandbox_refuses(api, recorder, call, params):
    service, method = call.split(".")
    ids = ["id_1"] if method == "update" else []

    error = refused(getattr(getattr(api, service), method), *ids, params)

    assert request_problems(recorder.exchanges[-1]) != []
    assert error.http_status == 400


@pytest.mark.parametrize("missing", ["amount", "currency"])
def test_what_the_specification_requires_the_sandbox_requires(api, recorder, missing):
    params = {name: value for name, value in HELD.items() if name != missing}

    error = refused(api.payment_intents.create, params)

    assert request_problems(recorder.exchanges[-1]) == [f"$: '{missing}' is a required property"]
    assert (error.code, error.param) == ("parameter_missing", missing)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_every_route_and_parameter_is_in_the_specification(method, path):
    parts = ["x" if part == "{}" else part for part in path.split("/")]
    operation = SPEC["paths"][path_of("/v1/" + "/".join(parts))][method.lower()]
    known = {one["name"] for one in operation.get("parameters", [])}
    if "requestBody" in operation:
        known |= set(operation["requestBody"]["content"][FORM]["schema"]["properties"])

    assert set(OPERATIONS[method, path].checks) <= known
