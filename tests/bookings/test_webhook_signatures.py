"""Forged events, the webhook's door, and the vendor's own sending."""

import json
from threading import Barrier, Thread

import pytest
from cast import booking_of, call, fresh, run_jobs, sweep
from django.conf import settings
from django.db import connection
from stripe_events import AUTHENTICATION, PATH, deliver, event, sign

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import StripeEvent
from findr import clock

BAD_SIGNATURE = (400, "bad_signature", "Invalid signature")


# --- Forged ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1=abc",
        "t=abc,v1=abc",
        "t=,v1=",
        "t=1",
        "é",
        "t=1,v1=é",
        "t=99999999999999999999999,v1=abc",
        "x" * 4000,
    ],
)
def test_a_header_that_is_no_signature_is_refused(stage, header):
    answer = call("POST", PATH, json.dumps(event("charge.refunded", {"id": "ch_1"})), **{"Stripe-Signature": header})

    assert answer.refusal == BAD_SIGNATURE
    assert not StripeEvent.objects.exists()


def test_without_a_signature_nothing_is_heard(stage):
    answers = [call("POST", PATH, body) for body in (event("charge.refunded", {}), {}, b"", b"\xff\xfe")]

    assert {answer.refusal for answer in answers} == {BAD_SIGNATURE}
    assert call("POST", PATH).refusal == BAD_SIGNATURE


def test_another_secret_another_body_and_another_stamp_are_refused(stage):
    told = event("payment_intent.succeeded", {"id": "pi_1"})
    body = json.dumps(told)
    now = int(clock.now().timestamp())
    altered = call("POST", PATH, body.replace("pi_1", "pi_2"), **{"Stripe-Signature": sign(body)})
    restamped = call("POST", PATH, body, **{"Stripe-Signature": sign(body).replace(f"t={now}", f"t={now + 1}")})

    assert deliver(told, secret="whsec_of_somebody_else").refusal == BAD_SIGNATURE
    assert altered.refusal == BAD_SIGNATURE
    assert restamped.refusal == BAD_SIGNATURE
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(("seconds", "status"), [(-301, 400), (-290, 200), (0, 200), (290, 200), (302, 400)])
def test_the_stamp_must_be_of_this_moment_in_both_directions(stage, time, seconds, status):
    time.passes(days=40)  # By findr's own clock, wherever it stands.

    answer = deliver(event("account.updated", {}), stamp=int(clock.now().timestamp()) + seconds)

    assert answer.status == status


def test_one_good_signature_among_several_is_enough(stage):
    """While a secret is being changed Stripe signs with both."""
    body = json.dumps(event("account.updated", {}))
    stamp, good = sign(body).split(",")

    answer = call("POST", PATH, body, **{"Stripe-Signature": f"{stamp},v1={'0' * 64},{good},v0=old"})

    assert answer.status == 200


def test_without_a_configured_secret_nobody_can_sign(stage, settings):
    settings.STRIPE_WEBHOOK_SECRET = ""

    assert deliver(event("account.updated", {})).refusal == BAD_SIGNATURE


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        '{"id": 5, "type": "a.b", "created": 1}',
        '{"id": "evt_1", "type": "a.b"}',
        '{"id": "evt_1", "type": "a.b", "created": "now"}',
        '{"id": "evt_1", "type": "a.b", "created": 1e300}',
        '{"id": "evt\\u0000", "type": "a.b", "created": 1}',
        '{"id": "evt_1", "type": ["a"], "created": 1}',
        '{"id": "evt_1", "type": "a.b", "created": 1, "data": {"object": "x"}}',
        "[" * 30000,
    ],
)
def test_what_is_signed_and_yet_no_event_is_refused(stage, body):
    assert deliver(body).refusal == (400, "validation", "body is invalid")
    assert not StripeEvent.objects.exists()


# --- The door -----------------------------------------------------------------------------------------------------------
def test_only_a_post_of_a_sensible_size_comes_in(stage):
    large = json.dumps(event("account.updated", {"blurb": "x" * 65536}))

    assert call("GET", PATH).refusal == (405, "method_not_allowed", "Method not allowed")
    assert deliver(large).refusal == (413, "too_large", "Request is too large")
    assert deliver(json.dumps(event("account.updated", {"blurb": "x" * 60000}))).status == 200
    assert not StripeEvent.objects.exclude(outcome="ignored").exists()


def test_tokens_identity_headers_and_limits_mean_nothing_here(patient, provider, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1/1000000000")
    odd = [
        {"Authorization": "Bearer nonsense"},
        {"Authorization": f"Bearer {patient.token}", "x-user-id": str(provider.id)},
        {"x-provider-id": "nobody", "Idempotency-Key": "k"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ]

    answers = [deliver(event("account.updated", {}), **headers) for headers in odd]

    assert [(answer.status, answer.body) for answer in answers] == [(200, {"received": True})] * 4


def test_bad_signatures_are_limited_by_address_and_keep_no_event_of_the_vendors_out(stage, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "bad_signatures": "3/1000000000"}
    told = event("account.updated", {})

    bad = [deliver(told, secret="whsec_of_somebody_else") for _ in range(5)]

    assert [answer.status for answer in bad] == [400] * 3 + [429] * 2
    assert bad[-1].refusal == (429, "rate_limited", "Too many requests")
    assert bad[-1].headers["Retry-After"] == str(bad[-1].body["retryAfter"])
    assert deliver(told).status == 200
    assert deliver("not json").refusal == (400, "validation", "body is invalid")


def test_bad_signatures_at_once_are_each_counted(stage, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "bad_signatures": "3/1000000000"}
    together, statuses = Barrier(8), []

    def run():
        together.wait(10)
        statuses.append(call("POST", PATH, {}).status)
        connection.close()

    threads = [Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [400] * 3 + [429] * 5


def test_a_token_does_not_take_bad_signatures_out_of_their_addresses_count(patient, other_patient, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "bad_signatures": "1/1000000000"}

    answers = [call("POST", PATH, {}, Authorization=f"Bearer {one.token}") for one in (patient, other_patient)]

    assert [answer.status for answer in answers] == [400, 429]


# --- Names that lead elsewhere ---------------------------------------------------------------------------------------------
ODD = [
    "..",
    ".",
    "...",
    "../customers",
    "pi_1/..",
    "pi_1?x=1",
    "pi_1#",
    "%2e%2e",
    "pi_1\n",
    "pi_",
    "pi_1.",
    "ch_1",
    " pi_1",
]


@pytest.mark.parametrize(
    "about",
    [
        lambda odd: ("payment_intent.succeeded", {"id": odd}),
        lambda odd: ("charge.refunded", {"id": "ch_1", "payment_intent": odd}),
        lambda odd: ("charge.dispute.created", {"id": "du_1", "payment_intent": {"id": odd}}),
        lambda odd: ("refund.failed", {"id": "re_1", "payment_intent": odd}),
    ],
    ids=["intent", "charge", "dispute", "refund"],
)
def test_what_is_no_intents_id_is_asked_about_nowhere(about, stage, sandbox):
    """It becomes part of a path at the vendor's: two dots would lead to another one."""
    calls, odd = len(sandbox.log()), [*ODD, "pi_" + "x" * 253]

    for one in odd:
        assert deliver(event(*about(one))).status == 200, one
    run_jobs()

    assert list(StripeEvent.objects.values_list("intent_id", flat=True)) == [""] * len(odd)
    assert len(sandbox.log()) == calls


@pytest.mark.parametrize("odd", ["..", ".", "evt_1/..", ".evt_1", "evt_1.", "evt..1"])
def test_an_event_with_such_a_name_or_of_such_a_kind_is_none(odd, stage):
    named = {**event("account.updated", {}), "id": odd}

    assert deliver(named).refusal == (400, "validation", "body is invalid")
    assert deliver(event(odd, {})).refusal == (400, "validation", "body is invalid")
    assert deliver(event("account.updated", {"id": odd})).status == 200
    assert StripeEvent.objects.get().object_id == ""


# --- The vendor's own sending ---------------------------------------------------------------------------------------------
@pytest.fixture
def sending(sandbox, live_server):
    """The vendor sends its own events to the running server, signed in its own way."""
    sandbox.stripe.webhooks.send_to(live_server.url + PATH, settings.STRIPE_WEBHOOK_SECRET, retry_seconds=[0.1, 0.1])
    yield sandbox.stripe.webhooks
    sandbox.stripe.webhooks.stop()


@pytest.mark.lesson(18)
def test_a_whole_life_told_twice_and_in_disorder_ends_where_the_vendor_is(patient, provider, sandbox, time, sending):
    sending.misbehave(
        {"action": "duplicate", "count": 3, "times": None}, {"action": "reorder", "count": 2, "times": None}
    )
    booking = booking_of(patient.asks(paymentMethodId=AUTHENTICATION))
    sandbox.stripe.authenticate(booking.payment.intent_id)
    hear_all(sending, time)
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
    sandbox.stripe.refund(booking.payment.intent_id, amount=6000)
    hear_all(sending, time)
    assert fresh(booking.id).payment.refunded_cents == 6000
    (first,) = sandbox.stripe.refunds(booking.payment.intent_id)
    sandbox.stripe.fail_refund(first["id"])
    hear_all(sending, time)
    sandbox.stripe.dispute(booking.payment.intent_id, amount=9000)
    sending.behave()
    hear_all(sending, time)

    now = fresh(booking.id)
    assert (now.state, now.payment.state, now.payment.refunded_cents) == ("confirmed", "partially_refunded", 6000)
    assert (now.payment.dispute_status, now.payment.dispute_cents) == ("needs_response", 9000)
    kinds = [one.event_type for one in now.events.all()]
    assert {kind: kinds.count(kind) for kind in ("payment_held", "confirmed", "payment_refunded", "note")} == {
        "payment_held": 1,
        "confirmed": 1,
        "payment_refunded": 2,
        "note": 1,
    }
    assert {attempt["status"] for attempt in sending.settle()} == {200}
    assert not StripeEvent.objects.filter(processed_at=None).exists()
    assert books.check_books() == []


def test_what_the_vendor_did_not_sign_now_is_refused(waiting, sandbox, sending):
    sending.hold()
    sandbox.stripe.authenticate(waiting.payment.intent_id)

    for spoilt in ({"forge": 1}, {"postdate": 600}, {"postdate": -600}):
        sending.send(**spoilt)
        sending.settle()
    assert {attempt["status"] for attempt in sending.log()} == {400}
    assert not StripeEvent.objects.exists()
    sending.send()

    assert {attempt["status"] for attempt in sending.settle() if not attempt["forged"]} == {200, 400}
    run_jobs()
    assert fresh(waiting.id).state == "pending_confirmation"


def hear_all(sending, time):
    """All that was sent has arrived, and all that was promised is done."""
    sending.settle()
    for _ in range(3):
        run_jobs()
        time.passes(minutes=1)
        sweep()
        tasks.sweep_events()
