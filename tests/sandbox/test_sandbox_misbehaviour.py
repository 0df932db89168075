"""The sandbox misbehaves as it is told: and what it did before it fell silent is in its ledger."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe  # noqa: TID251  the sandbox is checked with the SDK that findr uses

from findr import clock
from findr.sandbox.client import ControlRefused

KEY = {"idempotency_key": "booking-1-authorize"}
CREATE = "/v1/payment_intents"
CAPTURE = "/v1/payment_intents/*/capture"


def test_drops_the_connection_after_the_work(hold, refusal, sandbox):
    sandbox.misbehave({"path": CREATE, "action": "drop_after"})

    error = refusal(lambda: hold(options=KEY))
    again = hold(options=KEY)

    assert isinstance(error, stripe.APIConnectionError)
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert [one["id"] for one in sandbox.stripe.intents()] == [again.id]


def test_drops_the_connection_before_the_work(hold, refusal, sandbox):
    sandbox.misbehave({"path": CREATE, "action": "drop_before"})

    error = refusal(lambda: hold(options=KEY))

    assert isinstance(error, stripe.APIConnectionError)
    assert sandbox.stripe.intents() == []
    assert "Idempotent-Replayed" not in hold(options=KEY).last_response.headers


@pytest.mark.parametrize(("do_work", "made"), [(True, 1), (False, 0)])
def test_answers_an_error_with_or_without_the_work(hold, refusal, sandbox, do_work, made):
    sandbox.misbehave({"path": CREATE, "action": "status", "status": 500, "do_work": do_work})

    error = refusal(lambda: hold(options=KEY))
    amount_made = len(sandbox.stripe.intents())
    again = hold(options=KEY)

    assert (error.http_status, error.error.type) == (500, "api_error")
    assert amount_made == made
    assert again.status == "requires_capture"
    assert len(sandbox.stripe.intents()) == 1


def test_answers_a_body_as_it_is_and_nothing_is_done(hold, refusal, sandbox):
    page = "<html>It works!</html>"
    sandbox.misbehave({"body": page, "status": 200, "path": CREATE, "action": "status"})

    error = refusal(hold)

    assert (error.http_status, error.http_body) == (200, page)
    assert sandbox.stripe.intents() == []


@pytest.mark.parametrize("pattern", ["account", "operation"])
def test_a_rule_for_an_account_or_operation_spares_a_vendor_that_names_none(hold, sandbox, pattern):
    sandbox.misbehave({pattern: "pat@example.test", "path": CREATE, "action": "status", "status": 500})

    assert hold().status == "requires_capture"


def test_answers_the_error_it_was_given(hold, refusal, sandbox):
    rule = {"type": "invalid_request_error", "code": "rate_limit", "message": "Slow down", "status": 429}
    sandbox.misbehave({**rule, "path": CREATE, "action": "status", "headers": {"Retry-After": "7"}})

    error = refusal(hold)

    assert isinstance(error, stripe.RateLimitError)
    assert (error.error.code, error.error.message, error.headers["Retry-After"]) == ("rate_limit", "Slow down", "7")


def test_counts_times_and_skips_and_looks_at_method_and_path(api, hold, refusal, sandbox):
    rule = {"method": "POST", "path": CAPTURE, "action": "status", "status": 503, "skip": 1, "times": 2}
    sandbox.misbehave(rule)
    intents = [hold() for _ in range(3)]

    passed = api.payment_intents.capture(intents[0].id)
    refused = [refusal(api.payment_intents.capture, intents[1].id).http_status for _ in range(2)]
    over = api.payment_intents.capture(intents[1].id)

    assert (passed.status, refused, over.status) == ("succeeded", [503, 503], "succeeded")
    assert api.payment_intents.retrieve(intents[2].id).status == "requires_capture"


def test_a_rule_without_end_lasts_until_cleared(hold, refusal, sandbox):
    sandbox.misbehave({"path": "*", "action": "status", "status": 503, "times": None})
    refused = [refusal(hold).http_status for _ in range(3)]

    sandbox.behave()

    assert refused == [503, 503, 503]
    assert hold().status == "requires_capture"


def test_slows_every_call_and_still_lets_other_rules_strike(hold, refusal, sandbox):
    sandbox.misbehave(
        {"path": "*", "action": "delay", "seconds": 0.1, "times": None},
        {"path": CREATE, "action": "status", "status": 500},
    )
    started = time.perf_counter()

    error = refusal(hold)
    intent = hold()

    assert time.perf_counter() - started >= 0.2
    assert (error.http_status, intent.status) == (500, "requires_capture")
    assert [call["misbehaved"] for call in sandbox.log()] == ["delay+status", "delay"]
    assert sandbox.log()[1]["duration_ms"] >= 100


def test_waits_for_many_at_once_not_one_after_the_other(hold, sandbox):
    sandbox.misbehave({"path": "*", "action": "delay", "seconds": 0.1, "times": None})
    started = time.perf_counter()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: hold(), range(16)))

    assert time.perf_counter() - started < 1.0


def test_does_the_work_for_a_client_that_gave_up(connect, hold, sandbox, until, refusal):
    sandbox.misbehave({"path": CREATE, "action": "delay", "seconds": 0.29})
    impatient = connect(sandbox.base_url, timeout=0.05).v1
    params = {"amount": 5000, "currency": "usd"}

    error = refusal(impatient.payment_intents.create, params, KEY)

    assert isinstance(error, stripe.APIConnectionError)
    until(sandbox.stripe.intents)
    again = impatient.payment_intents.create(params, KEY)
    assert [again.id] == [one["id"] for one in sandbox.stripe.intents()]


@pytest.mark.parametrize(("do_work", "made"), [(True, 1), (False, 0)])
def test_hangs_with_or_without_the_work(hold, refusal, sandbox, do_work, made):
    sandbox.misbehave({"path": CREATE, "action": "hang", "seconds": 0.1, "do_work": do_work})
    started = time.perf_counter()

    error = refusal(hold)

    assert time.perf_counter() - started >= 0.1
    assert isinstance(error, stripe.APIConnectionError)
    assert len(sandbox.stripe.intents()) == made
    assert (sandbox.log()[0]["status"], sandbox.log()[0]["misbehaved"]) == (None, "hang")


def test_forgets_waiting_work_with_everything_else(hold, refusal, sandbox, until):
    sandbox.misbehave({"path": CREATE, "action": "delay", "seconds": 0.29})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(refusal, hold)
        until(lambda: sandbox.log())
        sandbox.reset()
        error = waiting.result()

    assert isinstance(error, stripe.APIConnectionError)
    assert sandbox.stripe.intents() == []


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"action": "explode"},
        {"action": "delay", "colour": "red"},
        {"action": "delay", "seconds": -1},
        {"action": "delay", "times": "two"},
        {"action": "status", "status": 9},
    ],
)
def test_refuses_a_rule_it_does_not_understand(hold, sandbox, rule):
    with pytest.raises(ControlRefused) as refused:
        sandbox.misbehave({"action": "drop_before"}, rule)

    assert refused.value.status == 400
    assert hold().status == "requires_capture"


def test_logs_each_call(api, hold, sandbox):
    intent = hold(options=KEY, metadata={"booking": "b1"}, expand=["latest_charge"])
    api.payment_intents.list({"created": {"gte": 1}, "limit": 1})

    created, listed = sandbox.log()

    assert (created["n"], created["method"], created["path"], created["status"]) == (1, "POST", CREATE, 200)
    assert created["idempotency_key"] == "booking-1-authorize"
    assert created["form"]["metadata"] == {"booking": "b1"}
    assert created["form"]["allowed_payment_method_types"] == ["card"]
    assert (listed["query"], listed["form"]) == ({"created": {"gte": "1"}, "limit": "1"}, {})
    assert created["at"] == pytest.approx(time.time(), abs=60)
    assert (created["misbehaved"], created["replayed"]) == (None, False)
    assert [call["n"] for call in sandbox.log(since=1)] == [2]
    assert sandbox.stripe.intent(intent.id)["metadata"] == {"booking": "b1"}


def test_reset_forgets_everything(hold, sandbox):
    hold(options=KEY)
    sandbox.misbehave({"action": "drop_before", "times": None})
    sandbox.move_clock(1000)

    sandbox.reset()

    assert sandbox.stripe.ledger() == {
        "payment_intents": {},
        "charges": {},
        "refunds": {},
        "customers": {},
        "payment_methods": {},
        "setup_intents": {},
        "ephemeral_keys": {},
        "disputes": {},
        "totals": {},
    }
    assert sandbox.log() == []
    assert sandbox.now() == pytest.approx(clock.now().timestamp(), abs=5)
    assert "Idempotent-Replayed" not in hold(options=KEY).last_response.headers


@pytest.mark.parametrize("offset", [86_400, -86_400])
def test_moves_its_clock(hold, sandbox, offset):
    sandbox.move_clock(offset)

    assert hold().created == pytest.approx(clock.now().timestamp() + offset, abs=5)


def test_control_refuses_what_makes_no_sense(hold, sandbox):
    intent = hold()
    calls = [
        ("POST", "/__clock", {"offset_seconds": "soon"}),
        ("POST", f"/__stripe/payment_intents/{intent.id}/explode", None),
        ("POST", f"/__stripe/payment_intents/{intent.id}/refund", {"amount": "all"}),
        ("GET", "/__log?since=x", None),
    ]

    statuses = []
    for call in calls:
        with pytest.raises(ControlRefused) as refused:
            sandbox.call(*call)
        statuses.append(refused.value.status)

    assert statuses == [400] * 4
    with pytest.raises(ControlRefused, match="404"):
        sandbox.stripe.lapse("pi_unknown")
    with pytest.raises(ControlRefused, match="no GET /__nothing"):
        sandbox.call("GET", "/__nothing")


def test_speaks_http_with_keep_alive_and_refuses_what_it_cannot_read(sandbox):
    connection = http.client.HTTPConnection(sandbox.base_url.removeprefix("http://"), timeout=5)
    try:
        for _ in range(2):
            connection.request("GET", "/__health")
            with connection.getresponse() as answer:
                assert answer.status == 200
                answer.read()
            assert connection.sock is not None
        connection.putrequest("POST", "/stripe/v1/customers")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        with connection.getresponse() as answer:
            assert answer.status == 411
    finally:
        connection.close()
