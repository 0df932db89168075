"""What banks do afterwards: disputes, and refunds that fail."""

from __future__ import annotations

import pytest

from findr.sandbox.client import ControlRefused


@pytest.fixture
def paid(api, hold):
    """An intent of $50 that was captured."""
    return api.payment_intents.capture(hold().id)


def types(sandbox, what):
    return [event["type"] for event in sandbox.stripe.events(what)]


def test_a_dispute_takes_the_money_and_bars_a_refund(api, sandbox, paid, refusal):
    dispute = sandbox.stripe.dispute(paid.id, reason="product_not_received")

    assert (dispute["status"], dispute["amount"], dispute["reason"]) == ("needs_response", 5000, "product_not_received")
    assert [one["net"] for one in dispute["balance_transactions"]] == [-6500]
    assert sandbox.stripe.charge(paid.latest_charge)["disputed"] is True
    assert refusal(api.refunds.create, {"payment_intent": paid.id}).code == "charge_disputed"
    assert types(sandbox, "charge.dispute.*") == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_a_won_dispute_brings_the_money_back(api, sandbox, paid):
    dispute = sandbox.stripe.dispute(paid.latest_charge, amount=2000)

    closed = sandbox.stripe.close_dispute(dispute["id"])

    assert closed["status"] == "won"
    assert [one["net"] for one in closed["balance_transactions"]] == [-3500, 2000]
    assert types(sandbox, "charge.dispute.*")[2:] == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    assert api.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_a_lost_dispute_stays_lost(api, sandbox, paid, refusal):
    dispute = sandbox.stripe.dispute(paid.id)

    assert sandbox.stripe.close_dispute(dispute["id"], "lost")["status"] == "lost"
    assert refusal(api.refunds.create, {"payment_intent": paid.id}).code == "charge_disputed"
    with pytest.raises(ControlRefused, match="cannot become won"):
        sandbox.stripe.close_dispute(dispute["id"], "won")


def test_an_inquiry_moves_no_money(api, sandbox, paid):
    inquiry = sandbox.stripe.dispute(paid.id, status="warning_needs_response")

    assert (inquiry["is_charge_refundable"], inquiry["balance_transactions"]) == (True, [])
    assert api.refunds.create({"payment_intent": paid.id, "amount": 100}).status == "succeeded"
    assert sandbox.stripe.close_dispute(inquiry["id"], "warning_closed")["status"] == "warning_closed"
    assert types(sandbox, "charge.dispute.*") == ["charge.dispute.created", "charge.dispute.closed"]


def test_lists_disputes(api, sandbox, hold, paid):
    other = api.payment_intents.capture(hold().id)
    first, second = sandbox.stripe.dispute(paid.id), sandbox.stripe.dispute(other.id)

    assert [one.id for one in api.disputes.list().data] == [second["id"], first["id"]]
    assert [one.id for one in api.disputes.list({"payment_intent": paid.id}).data] == [first["id"]]
    assert [one.id for one in api.disputes.list({"charge": other.latest_charge}).data] == [second["id"]]
    (listed,) = api.disputes.list({"payment_intent": paid.id, "expand": ["data.charge"]}).data
    assert listed.charge.id == paid.latest_charge
    assert sandbox.stripe.disputes(paid.id) == [first]


@pytest.mark.parametrize("given", [{"amount": 0}, {"amount": 5001}, {"reason": "bored"}, {"status": "won"}])
def test_refuses_an_impossible_dispute(sandbox, paid, given):
    with pytest.raises(ControlRefused):
        sandbox.stripe.dispute(paid.id, **given)

    assert sandbox.stripe.disputes(paid.id) == []


def test_only_a_captured_charge_is_disputed_and_only_once(sandbox, hold, paid):
    sandbox.stripe.dispute(paid.id)

    for intent in (paid.id, hold().id):
        with pytest.raises(ControlRefused, match="was not captured, or is disputed already"):
            sandbox.stripe.dispute(intent)


def test_a_refund_that_fails_gives_the_money_back_to_us(api, sandbox, paid):
    refund = api.refunds.create({"payment_intent": paid.id, "amount": 1500})

    failed = sandbox.stripe.fail_refund(refund.id, failure_reason="lost_or_stolen_card")

    assert (failed["status"], failed["failure_reason"]) == ("failed", "lost_or_stolen_card")
    charge = sandbox.stripe.charge(paid.latest_charge)
    assert (charge["amount_refunded"], charge["refunded"]) == (0, False)
    assert sandbox.stripe.totals() == {"held": 0, "received": 5000, "refunded": 0}
    assert types(sandbox, "refund.*") == ["refund.created", "refund.updated", "refund.failed"]
    assert api.refunds.create({"payment_intent": paid.id}).amount == 5000
    with pytest.raises(ControlRefused, match="cannot fail"):
        sandbox.stripe.fail_refund(refund.id)


def test_refuses_an_unknown_reason_to_fail(api, sandbox, paid):
    refund = api.refunds.create({"payment_intent": paid.id})

    with pytest.raises(ControlRefused, match="A refund fails for one of"):
        sandbox.stripe.fail_refund(refund.id, failure_reason="boredom")


@pytest.mark.parametrize(("scenario", "status"), [("succeed_refund", "succeeded"), ("fail_refund", "failed")])
def test_a_pending_refund_ends(api, hold, sandbox, scenario, status):
    intent = api.payment_intents.capture(hold("pm_card_pendingRefund").id)
    refund = api.refunds.create({"payment_intent": intent.id})

    getattr(sandbox.stripe, scenario)(refund.id)

    assert refund.status == "pending"
    assert [one.status for one in api.refunds.list({"payment_intent": intent.id}).data] == [status]


def test_a_refund_is_changed_by_its_reference(api, sandbox, paid):
    refund = api.refunds.create({"payment_intent": paid.id, "metadata": {"a": "1"}})

    changed = sandbox.stripe.set_reference(refund.id)

    assert changed["destination_details"]["card"]["reference_status"] == "available"
    assert changed["metadata"] == {"a": "1"}
    before = [event["data"]["previous_attributes"] for event in sandbox.stripe.events("refund.updated")]
    assert [set(one) for one in before] == [{"destination_details"}]
