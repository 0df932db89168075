"""The sandbox refuses the parameters Stripe refuses, and does nothing then."""

from __future__ import annotations

import base64
import urllib.request
from urllib.error import HTTPError

import pytest

GOOD = {"amount": 5000, "currency": "usd", "allowed_payment_method_types": ["card"]}
CONFIRMED = {**GOOD, "confirm": True, "payment_method": "pm_card_visa"}
REFUSED = {
    "unknown": ({**GOOD, "color": "red"}, "parameter_unknown", "color"),
    "unknown inside": ({**GOOD, "payment_method_options": {"card": {"x": "1"}}}, "parameter_unknown", None),
    "retired": (
        {"amount": 5000, "currency": "usd", "payment_method_types": ["card"]},
        "payment_method_types_no_longer_supported",
        "payment_method_types",
    ),
    "exclusive": ({**GOOD, "automatic_payment_methods": {"enabled": True}}, None, "allowed_payment_method_types"),
    "no amount": ({"currency": "usd"}, "parameter_missing", "amount"),
    "no currency": ({"amount": 5000}, "parameter_missing", "currency"),
    "a fraction": ({**GOOD, "amount": "50.5"}, "parameter_invalid_integer", "amount"),
    "too small": ({**GOOD, "amount": 49}, "amount_too_small", "amount"),
    "too large": ({**GOOD, "amount": 100_000_000}, "amount_too_large", "amount"),
    "odd currency": ({**GOOD, "currency": "zzz"}, None, "currency"),
    "empty": ({**GOOD, "customer": ""}, "parameter_invalid_empty", "customer"),
    "odd word": ({**GOOD, "capture_method": "later"}, None, "capture_method"),
    "odd boolean": ({**GOOD, "confirm": "yes"}, "parameter_invalid_boolean", "confirm"),
    "no list": ({**GOOD, "allowed_payment_method_types": "card"}, None, "allowed_payment_method_types"),
    "long metadata": ({**GOOD, "metadata": {"a": "x" * 501}}, None, "metadata[a]"),
    "nothing to confirm": ({**GOOD, "confirm": True}, "parameter_missing", "payment_method"),
    "off session": ({**GOOD, "off_session": True}, "payment_intent_invalid_parameter", "off_session"),
    "redirects": (
        {"amount": 5000, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"},
        None,
        "return_url",
    ),
}


@pytest.mark.parametrize(("params", "code", "param"), REFUSED.values(), ids=REFUSED)
def test_refuses_parameters_and_makes_nothing(api, refusal, sandbox, params, code, param):
    error = refusal(api.payment_intents.create, params)

    assert (error.http_status, error.error.type, error.code) == (400, "invalid_request_error", code)
    assert param in (None, error.param)
    assert sandbox.stripe.intents() == []


def test_takes_automatic_methods_without_redirects(api):
    automatic = {"enabled": True, "allow_redirects": "never"}
    params = {name: value for name, value in CONFIRMED.items() if name != "allowed_payment_method_types"}

    intent = api.payment_intents.create({**params, "automatic_payment_methods": automatic})

    assert intent.status == "succeeded"


@pytest.mark.parametrize("key", ["sk_live_real", "pk_test_public", "nonsense"])
def test_refuses_a_caller_without_a_test_key(connect, refusal, sandbox, key):
    error = refusal(connect(sandbox.base_url, key=key).v1.payment_intents.list)

    assert (error.http_status, error.error.type) == (401, "invalid_request_error")


def test_refuses_a_call_without_any_key(sandbox):
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(sandbox.stripe.base_url + "/v1/payment_intents")

    with refused.value as answer:
        assert answer.status == 401
        assert answer.headers["Request-Id"].startswith("req_")


def test_takes_the_key_as_a_user_name_too(sandbox):
    word = base64.b64encode(b"sk_test_findr:").decode()
    request = urllib.request.Request(
        sandbox.stripe.base_url + "/v1/payment_intents", headers={"Authorization": f"Basic {word}"}
    )

    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def test_refuses_another_version_of_the_api(connect, refusal, sandbox):
    error = refusal(connect(sandbox.base_url, stripe_version="2024-06-20").v1.payment_intents.list)

    assert error.http_status == 400
    assert "Invalid Stripe API version: 2024-06-20" in error.error.message


def test_refuses_what_it_does_not_serve(api, refusal):
    error = refusal(api.invoices.list)

    assert error.http_status == 404
    assert "Unrecognized request URL (GET: /v1/invoices)" in error.error.message


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"created": {"since": 1}}, {"color": "red"}])
def test_refuses_odd_lists(api, refusal, params):
    assert refusal(api.payment_intents.list, params).http_status == 400


def test_every_answer_has_a_request_id(api, hold, refusal):
    intent = hold()
    error = refusal(api.payment_intents.retrieve, "pi_unknown")

    assert intent.last_response.request_id.startswith("req_")
    assert error.request_id.startswith("req_")
    assert intent.last_response.headers["Stripe-Version"] == "2026-10-28.endive"
