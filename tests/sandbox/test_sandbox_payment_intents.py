"""Payment intents in the sandbox: the states Stripe has, and what it refuses in each."""

from __future__ import annotations

import pytest

from findr.sandbox.client import ControlRefused

WEEK = 7 * 86_400
NOT_CAPTURABLE = (
    "This PaymentIntent could not be captured because it has a status of {}. "
    "Only a PaymentIntent with one of the following statuses may be captured: requires_capture."
)


def test_holds_money_without_taking_it(hold, sandbox):
    intent = hold(expand=["latest_charge"], metadata={"booking": "b1"})

    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 5000, 0)
    assert intent.metadata.to_dict() == {"booking": "b1"}
    assert intent.latest_charge.captured is False
    assert intent.latest_charge.payment_method_details.card.capture_before == intent.created + WEEK
    assert sandbox.stripe.totals() == {"held": 5000, "received": 0, "refunded": 0}


def test_takes_money_at_once_with_automatic_capture(hold, sandbox):
    intent = hold(capture_method="automatic")

    charge = sandbox.stripe.charge(intent.latest_charge)
    assert (intent.status, intent.amount_received, intent.amount_capturable) == ("succeeded", 5000, 0)
    assert (charge["captured"], charge["amount_captured"]) == (True, 5000)
    assert sandbox.stripe.totals() == {"held": 0, "received": 5000, "refunded": 0}


def test_captures_a_hold_once(api, hold, refusal, sandbox):
    intent = hold()
    captured = api.payment_intents.capture(intent.id)

    error = refusal(api.payment_intents.capture, intent.id)

    assert (captured.status, captured.amount_received) == ("succeeded", 5000)
    assert (error.http_status, error.code) == (400, "payment_intent_unexpected_state")
    assert error.error.message == NOT_CAPTURABLE.format("succeeded")
    assert error.error.payment_intent.status == "succeeded"
    assert sandbox.stripe.totals()["received"] == 5000


def test_captures_a_part_and_releases_the_rest(api, hold, sandbox):
    intent = api.payment_intents.capture(hold().id, {"amount_to_capture": 2000})

    assert (intent.status, intent.amount, intent.amount_received, intent.amount_capturable) == (
        "succeeded",
        5000,
        2000,
        0,
    )
    assert sandbox.stripe.totals() == {"held": 0, "received": 2000, "refunded": 0}


def test_refuses_to_capture_more_than_is_held(api, hold, refusal):
    intent = hold()

    error = refusal(api.payment_intents.capture, intent.id, {"amount_to_capture": 5001})

    assert (error.http_status, error.code, error.param) == (400, "amount_too_large", "amount_to_capture")
    assert api.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_cancels_a_hold_and_refuses_everything_after(api, hold, refusal, sandbox):
    intent = api.payment_intents.cancel(hold().id, {"cancellation_reason": "abandoned"})
    calls = [
        (api.payment_intents.capture, intent.id),
        (api.payment_intents.cancel, intent.id),
    ]

    errors = [refusal(*call) for call in calls]

    with pytest.raises(ControlRefused, match="cannot confirm this PaymentIntent because it has a status of canceled"):
        sandbox.stripe.confirm(intent.id, payment_method="pm_card_visa")
    assert (intent.status, intent.cancellation_reason, intent.amount_capturable) == ("canceled", "abandoned", 0)
    assert [error.code for error in errors] == ["payment_intent_unexpected_state"] * 2
    assert errors[0].error.message == NOT_CAPTURABLE.format("canceled")
    assert errors[0].error.payment_intent.cancellation_reason == "abandoned"
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}


def test_refuses_to_cancel_captured_money(api, hold, refusal):
    intent = api.payment_intents.capture(hold().id)

    error = refusal(api.payment_intents.cancel, intent.id)

    assert error.code == "payment_intent_unexpected_state"
    assert "cancel this PaymentIntent because it has a status of succeeded" in error.error.message


def test_walks_from_method_to_confirmation_to_hold(api, sandbox):
    params = {"amount": 700, "currency": "usd", "capture_method": "manual", "allowed_payment_method_types": ["card"]}
    bare = api.payment_intents.create(params)
    chosen = api.payment_intents.create({**params, "payment_method": "pm_card_visa"})

    confirmed = [
        sandbox.stripe.confirm(bare.id, payment_method="pm_card_visa"),
        sandbox.stripe.confirm(chosen.id),
    ]

    assert [intent.status for intent in (bare, chosen)] == ["requires_payment_method", "requires_confirmation"]
    assert [intent["status"] for intent in confirmed] == ["requires_capture"] * 2
    assert (bare.payment_method, bare.latest_charge) == (None, None)


def test_refuses_to_confirm_without_a_method(api, sandbox):
    bare = api.payment_intents.create({"amount": 700, "currency": "usd", "allowed_payment_method_types": ["card"]})

    with pytest.raises(ControlRefused, match="missing a payment method") as refused:
        sandbox.stripe.confirm(bare.id)

    assert (refused.value.status, refused.value.error["code"]) == (400, "payment_intent_unexpected_state")


def test_tells_the_wrong_client_secret_nothing(api, hold, refusal):
    intent = hold()

    error = refusal(api.payment_intents.retrieve, intent.id, {"client_secret": "pi_other_secret"})

    assert error.code == "payment_intent_invalid_parameter"


def test_merges_and_clears_metadata(api, hold):
    first, second = (hold(metadata={"booking": "b1", "user": "u1"}) for _ in range(2))

    merged = api.payment_intents.capture(first.id, {"metadata": {"user": "", "note": "n"}})
    cleared = api.payment_intents.capture(second.id, {"metadata": ""})

    assert merged.metadata.to_dict() == {"booking": "b1", "note": "n"}
    assert cleared.metadata.to_dict() == {}


def test_answers_404_for_an_unknown_intent(api, refusal):
    for call in (api.payment_intents.retrieve, api.payment_intents.capture, api.payment_intents.cancel):
        error = refusal(call, "pi_unknown")
        assert (error.http_status, error.code, error.param) == (404, "resource_missing", "intent")


def test_lists_newest_first_in_pages(api, hold):
    ids = [hold(amount=1000 + number).id for number in range(5)][::-1]

    first = api.payment_intents.list({"limit": 2})
    second = api.payment_intents.list({"limit": 2, "starting_after": first.data[-1].id})
    back = api.payment_intents.list({"limit": 2, "ending_before": ids[3]})
    exactly_all = api.payment_intents.list({"limit": 5})

    assert ([one.id for one in first.data], first.has_more) == (ids[:2], True)
    assert ([one.id for one in second.data], second.has_more) == (ids[2:4], True)
    assert ([one.id for one in back.data], back.has_more) == (ids[1:3], True)
    assert ([one.id for one in exactly_all.data], exactly_all.has_more) == (ids, False)
    assert [one.id for one in api.payment_intents.list({"limit": 2}).auto_paging_iter()] == ids


def test_lists_by_creation_time_and_customer(api, hold, sandbox):
    customer = api.customers.create({"email": "pat@example.org"})
    early = hold()
    sandbox.move_clock(3600)
    late = hold(customer=customer.id)

    since = api.payment_intents.list({"created": {"gte": early.created + 1800}})
    before = api.payment_intents.list({"created": {"lt": early.created + 1800}})
    theirs = api.payment_intents.list({"customer": customer.id, "expand": ["data.latest_charge"]})

    assert [one.id for one in since.data] == [late.id]
    assert [one.id for one in before.data] == [early.id]
    assert [(one.id, one.latest_charge.amount) for one in theirs.data] == [(late.id, 5000)]


@pytest.mark.parametrize("path", ["nonsense", "latest_charge.nonsense", "amount"])
def test_refuses_an_expansion_before_doing_anything(hold, refusal, sandbox, path):
    error = refusal(lambda: hold(expand=[path]))

    assert (error.http_status, error.param) == (400, "expand[0]")
    assert sandbox.stripe.intents() == []


def test_a_hold_expires_when_its_week_is_over(api, hold, refusal, sandbox):
    intent = hold()
    sandbox.move_clock(WEEK - 5)
    before = api.payment_intents.retrieve(intent.id)
    sandbox.move_clock(WEEK + 1)

    error = refusal(api.payment_intents.capture, intent.id)

    after = api.payment_intents.retrieve(intent.id)
    assert before.status == "requires_capture"
    assert error.code == "payment_intent_unexpected_state"
    assert error.error.payment_intent.status == "canceled"
    assert (after.status, after.cancellation_reason, after.canceled_at) == (
        "canceled",
        "expired",
        intent.created + WEEK,
    )


def test_an_expired_hold_is_gone_from_lists_and_the_ledger_too(api, hold, sandbox):
    hold()
    sandbox.move_clock(WEEK + 1)

    assert [one.status for one in api.payment_intents.list({}).data] == ["canceled"]
    assert sandbox.stripe.totals()["held"] == 0


def test_holds_an_absent_customers_visa_for_less_time(hold):
    intent = hold(off_session=True, expand=["latest_charge"])

    window = intent.latest_charge.payment_method_details.card.capture_before - intent.created
    assert window == 4 * 86_400 + 18 * 3_600
