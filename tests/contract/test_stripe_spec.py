"""The Stripe sandbox against Stripe's published shapes, both ways.

What the sandbox answers must be what the specification promises, and what the SDK sends must be what the specification
allows; what the specification refuses, the sandbox refuses too. ``specs/stripe*.json`` are cut from the generated types
of the stripe SDK 16.1.0 (API 2026-10-28.endive).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe  # noqa: TID251  the sandbox is checked with the SDK that findr uses
from jsonschema import Draft202012Validator

from findr.sandbox.client import SandboxClient
from findr.sandbox.process import start_sandbox
from findr.sandbox.stripe import API_VERSION
from findr.sandbox.stripe.routes import OPERATIONS

SPECS = Path(__file__).parent / "specs"
SPEC = json.loads((SPECS / "stripe.json").read_text())
MORE = json.loads((SPECS / "stripe_disputes_and_keys.json").read_text())
SPEC["paths"] |= MORE["paths"]
SPEC["components"]["schemas"] |= MORE["components"]["schemas"]
DEFINITIONS = {"components": SPEC["components"]}
FORM = "application/x-www-form-urlencoded"
HELD = {
    "amount": 5000,
    "currency": "usd",
    "capture_method": "manual",
    "confirm": True,
    "allowed_payment_method_types": ["card"],
    "payment_method": "pm_card_visa",
    "metadata": {"booking": "b1", "0": "zero"},
}


@dataclass(slots=True)
class Exchange:
    """One call as it went over the wire."""

    method: str
    path: str
    query: str
    form: str
    status: int
    answer: Any


class Recorder(stripe.RequestsClient):
    """Stripe's own HTTP client, which also remembers what it sent and got."""

    def __init__(self) -> None:
        super().__init__(timeout=(3, 10))
        self.exchanges: list[Exchange] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        """Send, and remember."""
        content, status, got = super().request(method, url, headers, post_data)
        parts = urlsplit(url)
        form = post_data.decode() if isinstance(post_data, bytes) else post_data or ""
        self.exchanges.append(Exchange(method.upper(), parts.path, parts.query, form, status, json.loads(content)))
        return content, status, got


def unbracketed(form: str) -> dict[str, Any]:
    """A form as the nested value that the schema describes."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *folders, last = re.findall(r"[^\[\]]+", name)
        place = root
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = value
    return root


def coerced(value: Any, schema: dict[str, Any]) -> Any:
    """The strings of a form as the types that the schema names, where they can be read so."""
    if "$ref" in schema:
        return coerced(value, SPEC["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        readings = (coerced(value, choice) for choice in schema["anyOf"])
        return next((reading for reading in readings if not problems(reading, schema)), value)
    if isinstance(value, dict) and schema.get("type") == "array":
        return [coerced(value[key], schema.get("items", {})) for key in sorted(value, key=int)]
    if isinstance(value, dict):
        other = schema.get("additionalProperties") or {}
        return {key: coerced(item, schema.get("properties", {}).get(key, other)) for key, item in value.items()}
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def problems(value: Any, schema: dict[str, Any]) -> list[str]:
    """What the schema finds wrong."""
    found = Draft202012Validator({**DEFINITIONS, **schema}).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def path_of(path: str) -> str:
    """The specification's name of a path: ``/v1/refunds/re_1`` is ``/v1/refunds/{refund}``."""
    for known in SPEC["paths"]:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path):
            return str(known)
    raise AssertionError(f"{path} is not in the specification")


def operation_of(exchange: Exchange) -> dict[str, Any]:
    """The specification of the operation that was called."""
    return dict(SPEC["paths"][path_of(exchange.path)][exchange.method.lower()])


def request_problems(exchange: Exchange) -> list[str]:
    """What the specification finds wrong with the request."""
    operation = operation_of(exchange)
    if exchange.method == "POST":
        schema = operation["requestBody"]["content"][FORM]["schema"]
        return problems(coerced(unbracketed(exchange.form), schema), schema)
    queries = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    schema = {
        "type": "object",
        "properties": {one["name"]: one["schema"] for one in queries},
        "additionalProperties": False,
    }
    return problems(coerced(unbracketed(exchange.query), schema), schema)


def answer_problems(exchange: Exchange) -> list[str]:
    """What the specification finds wrong with the answer."""
    answers = operation_of(exchange)["responses"]
    answer = answers["200" if exchange.status == 200 else "default"]
    return problems(exchange.answer, answer["content"]["application/json"]["schema"])


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A sandbox for this file."""
    with start_sandbox() as url:
        yield url


@pytest.fixture
def sandbox(base_url: str) -> SandboxClient:
    """The sandbox with nothing in it."""
    client = SandboxClient(base_url)
    client.reset()
    return client


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
    bases = dict.fromkeys(("api", "connect", "files", "meter_events"), sandbox.base_url)
    return stripe.StripeClient("sk_test_findr", base_addresses=bases, http_client=recorder).v1


def refused(call: Any, *arguments: Any) -> stripe.StripeError:
    """Call what Stripe refuses."""
    with pytest.raises(stripe.StripeError) as caught:
        call(*arguments)
    return caught.value


def payments(api: Any, sandbox: SandboxClient) -> None:
    """Everything that can happen to a payment."""
    intents = api.payment_intents
    held = intents.create({**HELD, "expand": ["latest_charge", "payment_method"]}, {"idempotency_key": "k"})
    intents.capture(held.id, {"amount_to_capture": 4000, "expand": ["latest_charge"]})
    refused(intents.capture, held.id)
    refused(intents.cancel, held.id, {"cancellation_reason": "abandoned"})
    refund = api.refunds.create(
        {"payment_intent": held.id, "amount": 1000, "reason": "duplicate", "metadata": {"a": "b"}, "expand": ["charge"]}
    )
    refused(api.refunds.create, {"charge": held.latest_charge.id, "amount": 9000})
    api.refunds.retrieve(refund.id)
    api.refunds.list({"payment_intent": held.id, "created": {"gte": 1}})
    api.charges.retrieve(held.latest_charge.id, {"expand": ["payment_intent", "refunds"]})
    api.charges.list({"payment_intent": held.id, "limit": 3})
    for card in ("chargeDeclined", "chargeDeclinedInsufficientFunds"):
        error = refused(intents.create, {**HELD, "payment_method": f"pm_card_visa_{card}"})
        intents.retrieve(error.error.payment_intent.id, {"expand": ["latest_charge"]})
    waiting = intents.create({**HELD, "payment_method": "pm_card_authenticationRequired"})
    sandbox.stripe.fail_authentication(waiting.id)
    intents.retrieve(waiting.id)
    intents.confirm(waiting.id, {"payment_method": "pm_card_mastercard", "off_session": True})
    sandbox.stripe.lapse(waiting.id)
    intents.retrieve(waiting.id)
    refused(intents.capture, intents.create({**HELD, "payment_method": "pm_card_captureRefused"}).id)
    refused(intents.capture, intents.create({**HELD, "payment_method": "pm_card_holdLapses"}).id)
    back = intents.create({**HELD, "payment_method": "pm_card_authenticationRequired", "return_url": "findr://back"})
    intents.retrieve(back.id)
    sandbox.stripe.authenticate(back.id)
    bare = intents.create({"amount": 900, "currency": "usd", "automatic_payment_methods": {"enabled": True}})
    intents.update(bare.id, {"metadata": {"a": ""}, "amount": 950})
    intents.cancel(bare.id, {"cancellation_reason": "requested_by_customer"})
    intents.list({"limit": 100, "created": {"gte": 1, "lt": 9_999_999_999}, "expand": ["data.latest_charge"]})
    refused(intents.retrieve, "pi_unknown")


def wallets(api: Any) -> None:
    """Everything that can happen to customers and their cards."""
    customer = api.customers.create({"email": "pat@example.org", "name": "Pat", "metadata": {"user": "u1"}})
    card = api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}, "metadata": ""})
    api.customers.retrieve(customer.id, {"expand": ["invoice_settings.default_payment_method"]})
    api.customers.list({"email": "pat@example.org", "limit": 1})
    api.payment_methods.list({"customer": customer.id, "type": "card"})
    api.payment_methods.retrieve(card.id, {"expand": ["customer"]})
    api.customers.payment_methods.list(customer.id, {"limit": 5})
    api.customers.payment_methods.retrieve(customer.id, card.id)
    api.payment_intents.create({**HELD, "customer": customer.id, "payment_method": card.id})
    api.payment_intents.list({"customer": customer.id})
    refused(api.payment_intents.create, {**HELD, "payment_method": card.id})
    refused(api.payment_intents.create, {**HELD, "payment_method": "pm_unknown"})
    api.payment_methods.detach(card.id)


def setups(api: Any, sandbox: SandboxClient) -> None:
    """Everything that can happen while a card is saved."""
    customer = api.customers.create({})
    api.ephemeral_keys.delete(api.ephemeral_keys.create({"customer": customer.id}).id)
    api.ephemeral_keys.create({"customer": customer.id}, {"stripe_version": "2020-08-27"})
    refused(api.ephemeral_keys.create, {"customer": "cus_unknown"})
    intents = api.setup_intents
    params = {"customer": customer.id, "usage": "off_session", "metadata": {"user": "u1"}, "description": "Wallet"}
    setup = intents.create({**params, "allowed_payment_method_types": ["card"], "use_stripe_sdk": True})
    refused(intents.confirm, setup.id, {"payment_method": "pm_card_visa_chargeDeclined"})
    intents.confirm(setup.id, {"payment_method": "pm_card_authenticationRequired", "return_url": "findr://wallet"})
    sandbox.stripe.fail_authentication(setup.id)
    intents.retrieve(setup.id, {"client_secret": setup.client_secret})
    intents.confirm(setup.id, {"payment_method": "pm_card_visa", "use_stripe_sdk": True})
    refused(intents.confirm, setup.id)
    intents.cancel(intents.create({}).id, {"cancellation_reason": "abandoned"})
    intents.list({"customer": customer.id, "created": {"gte": 1}, "expand": ["data.payment_method"]})
    refused(intents.retrieve, "seti_unknown")


def afterwards(api: Any, sandbox: SandboxClient) -> None:
    """What banks do after a payment, and the events that tell of it."""
    paid = [api.payment_intents.capture(api.payment_intents.create(HELD).id) for _ in range(3)]
    refund = api.refunds.create({"payment_intent": paid[0].id, "amount": 700})
    api.refunds.update(refund.id, {"metadata": {"a": "b"}})
    sandbox.stripe.set_reference(refund.id)
    sandbox.stripe.fail_refund(refund.id)
    api.refunds.retrieve(refund.id)
    for intent, end in ((paid[0], "won"), (paid[1], "lost")):
        sandbox.stripe.close_dispute(sandbox.stripe.dispute(intent.id)["id"], end)
    dispute = sandbox.stripe.dispute(paid[2].id, status="warning_needs_response")
    api.disputes.retrieve(dispute["id"], {"expand": ["charge", "payment_intent"]})
    refused(api.refunds.create, {"payment_intent": paid[1].id})
    api.disputes.close(dispute["id"])
    refused(api.disputes.close, dispute["id"])
    api.disputes.list({"payment_intent": paid[0].id, "limit": 3})
    api.events.retrieve(api.events.list({"types": ["charge.dispute.*"], "limit": 100}).data[0].id)
    api.events.list({"type": "refund.failed", "delivery_success": True, "created": {"gte": 1}})


def everything(api: Any, sandbox: SandboxClient) -> None:
    """All of the above."""
    payments(api, sandbox)
    wallets(api)
    setups(api, sandbox)
    afterwards(api, sandbox)


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
        ("confirm", {"confirm": True}),
        ("update", {"status": "succeeded"}),
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
        ("setup_intents.confirm", {"confirm": True}),
        ("setup_intents.cancel", {"cancellation_reason": "fraudulent"}),
        ("ephemeral_keys.create", {"colour": "red"}),
        ("disputes.list", {"status": "won"}),
        ("disputes.close", {"status": "won"}),
        ("events.list", {"delivery_success": "perhaps"}),
        ("refunds.update", {"amount": 100}),
    ],
)
def test_what_the_specification_refuses_elsewhere_the_sandbox_refuses(api, recorder, call, params):
    service, method = call.split(".")
    ids = ["id_1"] if method in ("confirm", "cancel", "close", "update") else []

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
