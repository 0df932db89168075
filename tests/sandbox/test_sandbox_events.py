"""Which events each scenario makes, and how they are read."""

from __future__ import annotations

import pytest

from findr.sandbox.client import ControlRefused


def types(sandbox, what="*"):
    return [event["type"] for event in sandbox.stripe.events(what)]


def test_a_hold_and_its_capture(api, hold, sandbox):
    intent = hold()
    api.payment_intents.capture(intent.id)

    assert types(sandbox) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize(
    ("card", "changes", "scenarios", "expected"),
    [
        ("pm_card_visa", {"capture_method": "automatic"}, [], ["charge.succeeded", "payment_intent.succeeded"]),
        (
            "pm_card_visa",
            {},
            ["cancel"],
            ["charge.succeeded", "payment_intent.amount_capturable_updated", "payment_intent.canceled"],
        ),
        (
            "pm_card_visa",
            {},
            ["lapse"],
            [
                "charge.succeeded",
                "payment_intent.amount_capturable_updated",
                "charge.expired",
                "payment_intent.canceled",
            ],
        ),
        (
            "pm_card_authenticationRequired",
            {},
            ["authenticate"],
            ["payment_intent.requires_action", "charge.succeeded", "payment_intent.amount_capturable_updated"],
        ),
        (
            "pm_card_authenticationRequired",
            {},
            ["fail_authentication"],
            ["payment_intent.requires_action", "payment_intent.payment_failed"],
        ),
        (
            "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
            {},
            ["authenticate"],
            ["payment_intent.requires_action", "charge.failed", "payment_intent.payment_failed"],
        ),
    ],
)
def test_each_way_a_payment_can_go(hold, sandbox, card, changes, scenarios, expected):
    intent = hold(card, **changes)
    for scenario in scenarios:
        getattr(sandbox.stripe, scenario)(intent.id)

    assert types(sandbox) == ["payment_intent.created", *expected]


def test_a_decline(hold, sandbox, refusal):
    refusal(hold, "pm_card_visa_chargeDeclined")

    assert types(sandbox) == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


def test_a_card_that_declines_after_3d_secure_needs_another(hold, sandbox):
    after = sandbox.stripe.authenticate(hold("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds").id)

    assert after["status"] == "requires_payment_method"
    assert after["last_payment_error"]["decline_code"] == "insufficient_funds"
    assert sandbox.stripe.confirm(after["id"], payment_method="pm_card_visa")["status"] == "requires_capture"


def test_a_refund(api, hold, sandbox):
    intent = api.payment_intents.capture(hold().id)
    api.refunds.create({"payment_intent": intent.id, "amount": 100})

    assert types(sandbox)[5:] == ["refund.created", "charge.refunded"]
    refunded = sandbox.stripe.events("charge.refunded")[0]
    assert refunded["data"]["object"]["amount_refunded"] == 100
    assert refunded["data"]["previous_attributes"] == {"amount_refunded": 0, "refunded": False}


def test_a_setup(api, sandbox):
    customer = api.customers.create({})
    setup = api.setup_intents.create({"customer": customer.id, "allowed_payment_method_types": ["card"]})
    with pytest.raises(ControlRefused, match="declined"):
        sandbox.stripe.confirm(setup.id, payment_method="pm_card_visa_chargeDeclined")
    sandbox.stripe.confirm(setup.id, payment_method="pm_card_authenticationRequired")
    card = sandbox.stripe.authenticate(setup.id)["payment_method"]
    api.payment_methods.detach(card)

    assert types(sandbox) == [
        "setup_intent.created",
        "setup_intent.setup_failed",
        "setup_intent.requires_action",
        "payment_method.attached",
        "setup_intent.succeeded",
        "payment_method.detached",
    ]


def test_time_alone_makes_events_when_the_clock_moves(hold, sandbox):
    hold()
    sandbox.move_clock(8 * 86_400)

    assert types(sandbox)[-2:] == ["charge.expired", "payment_intent.canceled"]


def test_an_event_is_a_picture_of_its_moment_and_names_its_cause(api, hold, sandbox):
    intent = hold(options={"idempotency_key": "booking-1"})
    sandbox.stripe.cancel(intent.id)

    created, _, held, cancelled = sandbox.stripe.events()
    states = [event["data"]["object"]["status"] for event in (created, held, cancelled)]
    assert states == ["requires_confirmation", "requires_capture", "canceled"]
    assert created["request"] == {"id": intent.last_response.request_id, "idempotency_key": "booking-1"}
    assert cancelled["request"] == {"id": None, "idempotency_key": None}


def test_nothing_happens_twice_for_a_repeated_key(hold, sandbox):
    for _ in range(2):
        hold(options={"idempotency_key": "booking-1"})

    assert len(types(sandbox)) == 3


def test_lists(api, hold, sandbox, refusal):
    hold()
    sandbox.stripe.cancel(hold().id)

    assert [one.type for one in api.events.list({"limit": 2}).data] == types(sandbox)[:-3:-1]
    assert len(api.events.list({"type": "payment_intent.created"}).data) == 2
    assert len(api.events.list({"type": "payment_intent.*"}).data) == 5
    assert len(api.events.list({"types": ["payment_intent.canceled", "charge.succeeded"]}).data) == 3
    assert len(api.events.list({"delivery_success": False}).data) == 0
    assert refusal(api.events.list, {"type": "a", "types": ["b"]}).http_status == 400
