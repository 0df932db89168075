"""Idempotency keys in the sandbox: one executed answer per key, and nothing remembered of what never ran."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

KEY = {"idempotency_key": "booking-1-authorize"}
DAY = 86_400


def replayed(thing) -> str | None:
    """The header that marks a stored answer."""
    return thing.last_response.headers.get("Idempotent-Replayed")


def test_replays_the_first_answer(hold, sandbox):
    first, again = hold(options=KEY), hold(options=KEY)

    assert again.to_dict() == first.to_dict()
    assert (replayed(first), replayed(again)) == (None, "true")
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id
    assert again.last_response.request_id != first.last_response.request_id
    assert len(sandbox.stripe.intents()) == 1
    assert [call["replayed"] for call in sandbox.log()] == [False, True]


def test_replays_what_was_true_then_not_what_is_true_now(api, hold):
    intent = hold(options=KEY)
    api.payment_intents.cancel(intent.id)

    assert hold(options=KEY).status == "requires_capture"


def test_refuses_other_parameters_under_the_key(hold, refusal, sandbox):
    hold(options=KEY)

    error = refusal(lambda: hold(options=KEY, amount=5001))

    assert (error.http_status, error.error.type) == (400, "idempotency_error")
    assert "Try using a key other than 'booking-1-authorize'" in error.error.message
    assert len(sandbox.stripe.intents()) == 1


def test_refuses_another_path_under_the_key(api, hold, refusal):
    intent = hold(options=KEY)

    error = refusal(api.payment_intents.capture, intent.id, {}, KEY)

    assert error.error.type == "idempotency_error"
    assert api.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_replays_a_declined_card(hold, refusal, sandbox):
    errors = [refusal(lambda: hold("pm_card_visa_chargeDeclined", options=KEY)) for _ in range(2)]

    assert [error.http_status for error in errors] == [402, 402]
    assert errors[0].error.payment_intent.id == errors[1].error.payment_intent.id
    assert len(sandbox.stripe.intents()) == 1


def test_replays_a_refused_state(api, hold, refusal):
    intent = hold()
    api.payment_intents.cancel(intent.id)

    errors = [refusal(api.payment_intents.capture, intent.id, {}, KEY) for _ in range(2)]

    assert [error.code for error in errors] == ["payment_intent_unexpected_state"] * 2
    assert errors[1].headers["Idempotent-Replayed"] == "true"


def test_does_not_remember_parameters_it_refused(hold, refusal):
    refusal(lambda: hold(options=KEY, amount=49))

    assert replayed(hold(options=KEY)) is None


def test_does_not_remember_a_caller_it_refused(connect, hold, refusal, sandbox):
    stranger = connect(sandbox.base_url, key="sk_live_real").v1
    refusal(stranger.payment_intents.create, {"amount": 5000, "currency": "usd"}, KEY)

    assert replayed(hold(options=KEY)) is None


def test_does_not_remember_that_it_was_too_busy(hold, refusal, sandbox):
    sandbox.misbehave({"path": "/v1/*", "action": "status", "status": 429, "headers": {"Retry-After": "1"}})
    busy = refusal(lambda: hold(options=KEY))

    intent = hold(options=KEY)

    assert (busy.http_status, busy.headers["Retry-After"]) == (429, "1")
    assert replayed(intent) is None
    assert len(sandbox.stripe.intents()) == 1


def test_remembers_a_stored_500_forever(hold, refusal, sandbox):
    sandbox.misbehave({"path": "/v1/payment_intents", "action": "status", "status": 500, "store": True})

    errors = [refusal(lambda: hold(options=KEY)) for _ in range(2)]

    assert [error.http_status for error in errors] == [500, 500]
    assert errors[1].headers["Idempotent-Replayed"] == "true"
    assert sandbox.stripe.intents() == []


def test_forgets_after_a_day(hold, sandbox):
    first = hold(options=KEY)
    sandbox.move_clock(DAY - 5)
    same = hold(options=KEY)
    sandbox.move_clock(DAY + 1)

    other = hold(options=KEY)

    assert same.id == first.id
    assert other.id != first.id


def test_refuses_a_key_in_use_and_does_the_work_once(hold, refusal, sandbox, until):
    sandbox.misbehave({"path": "/v1/payment_intents", "action": "delay", "seconds": 0.29})
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(hold, options=KEY)
        until(lambda: sandbox.log())
        error = refusal(lambda: hold(options=KEY))
        intent = first.result()

    assert (error.http_status, error.error.code) == (409, "idempotency_key_in_use")
    assert hold(options=KEY).id == intent.id
    assert len(sandbox.stripe.intents()) == 1


def test_many_at_once_make_one_payment(hold, sandbox):
    with ThreadPoolExecutor(16) as pool:
        ids = {intent.id for intent in pool.map(lambda _: hold(options=KEY), range(64))}

    assert len(ids) == 1
    assert len(sandbox.stripe.intents()) == 1


def test_without_the_key_many_at_once_make_many(hold, sandbox):
    """The negative control: what the key prevents."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: hold(), range(64)))

    assert len(sandbox.stripe.intents()) == 64


@pytest.mark.parametrize("length", [255, 256])
def test_limits_the_length_of_a_key(hold, refusal, length):
    options = {"idempotency_key": "k" * length}

    if length == 255:
        assert hold(options=options).status == "requires_capture"
    else:
        assert refusal(lambda: hold(options=options)).http_status == 400
