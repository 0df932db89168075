"""Refunds in the sandbox: only captured money, and never more than is left."""

from __future__ import annotations

import pytest


@pytest.fixture
def paid(hold):
    """An intent whose $50 were taken."""
    return hold(capture_method="automatic")


def test_refunds_everything_by_intent_or_charge(api, hold, sandbox):
    first, second = hold(capture_method="automatic"), hold(capture_method="automatic")

    by_intent = api.refunds.create({"payment_intent": first.id, "reason": "requested_by_customer"})
    by_charge = api.refunds.create({"charge": second.latest_charge})

    assert (by_intent.amount, by_intent.status, by_intent.reason) == (5000, "succeeded", "requested_by_customer")
    assert (by_charge.amount, by_charge.payment_intent) == (5000, second.id)
    assert sandbox.stripe.charge(first.latest_charge)["refunded"] is True
    assert api.payment_intents.retrieve(first.id).status == "succeeded"
    assert sandbox.stripe.totals() == {"held": 0, "received": 10_000, "refunded": 10_000}


def test_refunds_parts_until_nothing_is_left(api, paid, refusal, sandbox):
    parts = [api.refunds.create({"payment_intent": paid.id, "amount": amount}) for amount in (2000, 2500)]

    too_much = refusal(api.refunds.create, {"payment_intent": paid.id, "amount": 501})
    rest = api.refunds.create({"payment_intent": paid.id})
    nothing_left = refusal(api.refunds.create, {"payment_intent": paid.id})

    assert (too_much.http_status, too_much.code, too_much.param) == (400, None, "amount")
    assert too_much.error.message == "Refund amount ($5.01) is greater than unrefunded amount on charge ($5.00)"
    assert rest.amount == 500
    assert (nothing_left.http_status, nothing_left.code) == (400, "charge_already_refunded")
    found = api.refunds.list({"payment_intent": paid.id}).data
    assert [one.id for one in found] == [rest.id, parts[1].id, parts[0].id]
    assert sandbox.stripe.totals()["refunded"] == 5000


def test_refunds_no_more_than_was_captured(api, hold, refusal):
    intent = api.payment_intents.capture(hold().id, {"amount_to_capture": 2000})

    error = refusal(api.refunds.create, {"payment_intent": intent.id, "amount": 2001})
    refund = api.refunds.create({"payment_intent": intent.id})

    assert error.http_status == 400
    assert refund.amount == 2000


def test_refuses_to_refund_a_hold(api, hold, refusal, sandbox):
    error = refusal(api.refunds.create, {"payment_intent": hold().id})

    assert (error.http_status, error.code) == (400, "charge_not_refundable")
    assert sandbox.stripe.ledger()["refunds"] == {}


def test_refuses_to_refund_a_payment_that_failed(api, hold, refusal):
    failed = refusal(lambda: hold("pm_card_visa_chargeDeclined")).error.payment_intent

    error = refusal(api.refunds.create, {"payment_intent": failed.id})

    assert error.http_status == 400
    assert "does not have a successful charge to refund" in error.error.message


@pytest.mark.parametrize(
    "params",
    [{}, {"amount": 100}, {"payment_intent": "pi_x", "charge": "ch_x"}, {"payment_intent": "pi_x", "reason": "whim"}],
)
def test_refuses_a_refund_of_nothing_clear(api, refusal, params):
    assert refusal(api.refunds.create, params).http_status == 400


def test_refuses_a_refund_of_an_unknown_payment(api, refusal):
    error = refusal(api.refunds.create, {"payment_intent": "pi_unknown"})

    assert (error.http_status, error.code, error.param) == (400, "resource_missing", "payment_intent")


def test_a_charge_shows_its_refunds_when_asked(api, paid):
    refund = api.refunds.create({"payment_intent": paid.id, "amount": 100, "expand": ["charge.refunds"]})

    assert [one.id for one in refund.charge.refunds.data] == [refund.id]
