"""Saving cards: setup intents and ephemeral keys, as the wallet uses them."""

from __future__ import annotations

import pytest

from findr.sandbox.client import ControlRefused

CARD_ONLY = {"allowed_payment_method_types": ["card"]}
MOBILE_VERSION = {"stripe_version": "2020-08-27"}
PAYMENT = {**CARD_ONLY, "amount": 5000, "currency": "usd", "confirm": True, "off_session": True}


@pytest.fixture
def customer(api):
    return api.customers.create({"email": "pat@example.org"})


@pytest.fixture
def setup(api, customer):
    """A setup intent as findr makes one."""
    return api.setup_intents.create({**CARD_ONLY, "customer": customer.id, "metadata": {"user": "u1"}})


def test_a_new_setup_waits_for_a_card(setup, customer):
    assert (setup.status, setup.usage, setup.customer) == ("requires_payment_method", "off_session", customer.id)
    assert setup.client_secret.startswith(f"{setup.id}_secret_")
    assert setup.metadata.to_dict() == {"user": "u1"}


def test_the_app_saves_a_card_for_its_customer(api, sandbox, setup, customer):
    after = sandbox.stripe.confirm(setup.id, payment_method="pm_card_visa")

    assert (after["status"], after["next_action"]) == ("succeeded", None)
    assert [one.id for one in api.customers.payment_methods.list(customer.id).data] == [after["payment_method"]]
    paid = api.payment_intents.create({**PAYMENT, "customer": customer.id, "payment_method": after["payment_method"]})
    assert paid.status == "succeeded"


def test_confirms_at_once_with_a_card(api, customer):
    params = {**CARD_ONLY, "customer": customer.id, "payment_method": "pm_card_visa", "confirm": True}

    assert api.setup_intents.create(params).status == "succeeded"


def test_a_declined_card_is_not_saved(api, sandbox, setup, customer):
    with pytest.raises(ControlRefused) as refused:
        sandbox.stripe.confirm(setup.id, payment_method="pm_card_visa_chargeDeclined")

    error = refused.value.error
    assert (refused.value.status, error["code"], error["decline_code"]) == (402, "card_declined", "generic_decline")
    assert error["setup_intent"]["status"] == "requires_payment_method"
    assert sandbox.stripe.setup_intents(customer.id)[0]["last_setup_error"]["code"] == "card_declined"
    assert api.customers.payment_methods.list(customer.id).data == []
    assert sandbox.stripe.confirm(setup.id, payment_method="pm_card_visa")["status"] == "succeeded"


@pytest.mark.parametrize("card", ["pm_card_authenticationRequired", "pm_card_authenticationRequiredOnSetup"])
def test_a_card_with_3d_secure_is_saved_after_it(api, sandbox, setup, customer, card):
    waiting = sandbox.stripe.confirm(setup.id, payment_method=card)
    nothing_yet = api.customers.payment_methods.list(customer.id).data

    after = sandbox.stripe.authenticate(setup.id)

    assert (waiting["status"], waiting["next_action"]["type"]) == ("requires_action", "use_stripe_sdk")
    assert (nothing_yet, after["status"]) == ([], "succeeded")
    assert len(api.customers.payment_methods.list(customer.id).data) == 1


def test_a_failed_3d_secure_saves_nothing(sandbox, setup):
    sandbox.stripe.confirm(setup.id, payment_method="pm_card_authenticationRequired")

    after = sandbox.stripe.fail_authentication(setup.id)

    assert (after["status"], after["payment_method"]) == ("requires_payment_method", None)
    assert after["last_setup_error"]["code"] == "setup_intent_authentication_failure"


@pytest.mark.parametrize(
    ("card", "status"),
    [("pm_card_authenticationRequiredOnSetup", "succeeded"), ("pm_card_authenticationRequired", None)],
)
def test_what_was_authenticated_at_setup_may_be_charged_without_the_customer(
    api, sandbox, setup, customer, refusal, card, status
):
    sandbox.stripe.confirm(setup.id, payment_method=card)
    saved = sandbox.stripe.authenticate(setup.id)["payment_method"]
    params = {**PAYMENT, "customer": customer.id, "payment_method": saved}

    if status:
        assert api.payment_intents.create(params).status == status
    else:
        assert refusal(api.payment_intents.create, params).code == "authentication_required"


def test_a_setup_that_succeeded_cannot_change(sandbox, setup):
    sandbox.stripe.confirm(setup.id, payment_method="pm_card_visa")

    with pytest.raises(ControlRefused) as refused:
        sandbox.stripe.confirm(setup.id)

    assert (refused.value.status, refused.value.error["code"]) == (400, "setup_intent_unexpected_state")
    assert refused.value.error["setup_intent"]["status"] == "succeeded"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", "payment_method_types"),
        ({"customer": "cus_unknown"}, "resource_missing", "customer"),
        ({"confirm": True}, "parameter_missing", "payment_method"),
        ({"usage": "sometimes"}, None, "usage"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"return_url": "https://findr.test/back"}, "parameter_unknown", "return_url"),
        ({"confirm": True, "payment_method": "pm_card_visa", "return_url": "no address"}, "url_invalid", "return_url"),
    ],
)
def test_refuses_what_stripe_refuses(api, sandbox, refusal, params, code, param):
    error = refusal(api.setup_intents.create, {**CARD_ONLY, **params})

    assert (error.http_status, error.code, error.param) == (400, code, param)
    assert sandbox.stripe.ledger()["setup_intents"] == {}


def test_without_a_card_and_without_a_return_address_nothing_is_confirmed(api, sandbox, setup, refusal):
    bare = {"payment_method": "pm_card_visa", "confirm": True}

    with pytest.raises(ControlRefused, match="missing a payment method"):
        sandbox.stripe.confirm(setup.id)
    assert refusal(api.setup_intents.create, bare).param == "return_url"
    assert api.setup_intents.create({**bare, "return_url": "findr://wallet"}).status == "succeeded"


def test_somebody_elses_card_is_refused(api, sandbox, setup, save_card):
    card = save_card(api.customers.create({}).id)

    with pytest.raises(ControlRefused) as refused:
        sandbox.stripe.confirm(setup.id, payment_method=card)

    assert refused.value.error["code"] == "resource_missing"


def test_an_unknown_setup_cannot_be_confirmed(sandbox):
    with pytest.raises(ControlRefused) as refused:
        sandbox.stripe.confirm("seti_unknown")

    assert (refused.value.status, refused.value.error["param"]) == (404, "intent")


def test_a_repeated_key_makes_one_setup(api, sandbox, customer):
    key = {"idempotency_key": "wallet-1"}

    made = {api.setup_intents.create({"customer": customer.id}, key).id for _ in range(2)}

    assert len(made) == len(sandbox.stripe.setup_intents(customer.id)) == 1


def test_an_ephemeral_key_is_for_one_customer_and_an_hour(api, sandbox, customer):
    key = api.ephemeral_keys.create({"customer": customer.id}, MOBILE_VERSION)

    assert key.secret.startswith("ek_test_")
    assert key.expires - key.created == 3600
    kept = sandbox.stripe.ledger()["ephemeral_keys"][key.id]
    assert kept["associated_objects"] == [{"id": customer.id, "type": "customer"}]
    assert "secret" not in kept


@pytest.mark.parametrize(
    ("params", "options", "param"),
    [
        ({}, {}, "customer"),
        ({"customer": "cus_unknown"}, {}, "customer"),
        ({"customer": "cus_unknown", "issuing_card": "ic_1"}, {}, "issuing_card"),
        ({"customer": "cus_unknown"}, {"stripe_version": "latest"}, "Stripe-Version"),
        ({"customer": "cus_unknown"}, {"stripe_version": None}, "Stripe-Version"),
    ],
)
def test_an_ephemeral_key_needs_its_customer_and_a_version(api, refusal, params, options, param):
    headers = {"headers": {"Stripe-Version": ""}} if options == {"stripe_version": None} else options

    error = refusal(api.ephemeral_keys.create, params, headers)

    assert (error.http_status, error.param) == (400, param)


def test_other_calls_speak_our_version_only(api, refusal):
    assert "Invalid Stripe API version" in str(refusal(api.customers.create, {}, MOBILE_VERSION))
