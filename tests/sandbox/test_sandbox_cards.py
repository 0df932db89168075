"""The sandbox's test cards: each fails, asks or lapses the way it is named."""

from __future__ import annotations

import pytest

DECLINES = {
    "pm_card_visa_chargeDeclined": "generic_decline",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
}


@pytest.mark.parametrize(("card", "brand"), [("pm_card_visa", "visa"), ("pm_card_mastercard", "mastercard")])
def test_a_good_card_becomes_a_method_of_its_own(hold, card, brand):
    first, second = (hold(card, expand=["payment_method"]) for _ in range(2))

    assert first.payment_method.card.brand == brand
    assert first.payment_method.id.startswith("pm_")
    assert first.payment_method.id != second.payment_method.id
    assert first.payment_method.card.fingerprint == second.payment_method.card.fingerprint


@pytest.mark.parametrize(("card", "reason"), DECLINES.items())
def test_a_declined_card_leaves_an_intent_that_needs_another(hold, refusal, sandbox, card, reason):
    error = refusal(lambda: hold(card, metadata={"booking": "b1"}))

    intent = error.error.payment_intent
    assert (error.http_status, error.code, error.error.decline_code) == (402, "card_declined", reason)
    assert error.error.type == "card_error"
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.decline_code == reason
    assert sandbox.stripe.charge(error.error.charge)["status"] == "failed"
    assert [one["id"] for one in sandbox.stripe.intents(booking="b1")] == [intent.id]


def test_a_declined_intent_takes_another_card(hold, refusal, sandbox):
    declined = refusal(lambda: hold("pm_card_visa_chargeDeclined")).error.payment_intent

    intent = sandbox.stripe.confirm(declined.id, payment_method="pm_card_visa")

    assert (intent["status"], intent["last_payment_error"]) == ("requires_capture", None)


def test_a_card_that_needs_authentication_asks_for_it(hold):
    intent = hold("pm_card_authenticationRequired")

    assert (intent.status, intent.next_action.type, intent.latest_charge) == ("requires_action", "use_stripe_sdk", None)
    assert intent.client_secret.startswith(intent.id + "_secret_")


@pytest.mark.parametrize(("capture_method", "status"), [("manual", "requires_capture"), ("automatic", "succeeded")])
def test_an_authenticated_payment_goes_on(api, hold, sandbox, capture_method, status):
    intent = hold("pm_card_authenticationRequired", capture_method=capture_method)

    sandbox.stripe.authenticate(intent.id)

    after = api.payment_intents.retrieve(intent.id)
    assert (after.status, after.next_action) == (status, None)


def test_a_failed_authentication_needs_another_method(api, hold, sandbox):
    intent = hold("pm_card_authenticationRequired")

    sandbox.stripe.fail_authentication(intent.id)

    after = api.payment_intents.retrieve(intent.id)
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_payment_error.code == "payment_intent_authentication_failure"


@pytest.mark.parametrize("option", [{"off_session": True}, {"error_on_requires_action": True}])
def test_authentication_nobody_can_give_is_a_decline(hold, refusal, option):
    error = refusal(lambda: hold("pm_card_authenticationRequired", **option))

    assert (error.http_status, error.code) == (402, "authentication_required")
    assert error.error.payment_intent.status == "requires_payment_method"


def test_a_hold_that_cannot_be_captured_stays_held(api, hold, refusal, sandbox):
    intent = hold("pm_card_captureRefused")

    errors = [refusal(api.payment_intents.capture, intent.id) for _ in range(2)]

    assert [(one.http_status, one.code, one.error.decline_code) for one in errors] == [
        (402, "card_declined", "insufficient_funds")
    ] * 2
    assert errors[0].error.payment_intent.status == "requires_capture"
    assert api.payment_intents.cancel(intent.id).status == "canceled"
    assert sandbox.stripe.totals()["received"] == 0


def test_a_hold_that_is_gone_at_capture_says_so(api, hold, refusal):
    intent = hold("pm_card_holdLapses")

    error = refusal(api.payment_intents.capture, intent.id)

    after = api.payment_intents.retrieve(intent.id)
    assert (error.http_status, error.code) == (400, "payment_intent_unexpected_state")
    assert error.error.payment_intent.cancellation_reason == "expired"
    assert (after.status, after.cancellation_reason) == ("canceled", "expired")


def test_scenarios_from_outside_change_the_intent(api, hold, sandbox):
    lapsed, captured, cancelled, refunded = (hold() for _ in range(4))

    sandbox.stripe.lapse(lapsed.id)
    sandbox.stripe.capture(captured.id, amount_to_capture=3000)
    sandbox.stripe.cancel(cancelled.id, cancellation_reason="fraudulent")
    sandbox.stripe.capture(refunded.id)
    sandbox.stripe.refund(refunded.id, amount=1000)

    reread = [api.payment_intents.retrieve(one.id) for one in (lapsed, captured, cancelled, refunded)]
    assert [one.status for one in reread] == ["canceled", "succeeded", "canceled", "succeeded"]
    assert [one.cancellation_reason for one in reread] == ["expired", None, "fraudulent", None]
    assert sandbox.stripe.totals() == {"held": 0, "received": 8000, "refunded": 1000}


@pytest.mark.parametrize("what", ["authenticate", "fail_authentication"])
def test_nobody_authenticates_what_does_not_wait_for_it(hold, sandbox, what):
    intent = hold()

    with pytest.raises(Exception, match="Nothing to authenticate"):
        getattr(sandbox.stripe, what)(intent.id)

    assert sandbox.stripe.intent(intent.id)["status"] == "requires_capture"
