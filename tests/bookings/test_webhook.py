"""The payment vendor's own reports: forged, doubled, late, out of order, about things that nobody knows."""

import json
from datetime import timedelta
from uuid import uuid4

import gateways
import pytest
from cast import booking_of, call, fresh, promised, run_jobs, sweep
from concurrency.together import at_once
from django.conf import settings
from django.db import connection
from snapshots import snapshot
from stripe_events import PATH, deliver, event, happened, sign, tell

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import Booking, PaymentOperation, StripeEvent
from bookings.payments import events
from bookings.payments.stripe import StripeGateway
from findr import clock

AUTHENTICATION = "pm_card_authenticationRequired"
HEAR = "bookings.process_event"
BAD_SIGNATURE = (400, "bad_signature", "Invalid signature")


@pytest.fixture
def waiting(patient):
    """A booking whose card holder has to authenticate."""
    return booking_of(patient.asks(paymentMethodId=AUTHENTICATION))


@pytest.fixture
def meanwhile(settings):
    """Runs something while the patient's own call still waits for the vendor's answer."""
    settings.PAYMENT_GATEWAY = "gateways.Overtaken"

    def arrange(thing):
        gateways.Overtaken.meanwhile = staticmethod(thing)

    yield arrange
    gateways.Overtaken.meanwhile = None


# --- Stored, acknowledged, heard by a job ---------------------------------------------------------------------------
def test_an_event_is_stored_and_acknowledged_and_a_job_hears_it(waiting, sandbox):
    told = event("payment_intent.amount_capturable_updated", sandbox.stripe.authenticate(waiting.payment.intent_id))

    answer = deliver(told)

    assert (answer.status, answer.body) == (200, {"received": True})
    assert promised() == [HEAR]
    assert fresh(waiting.id).state == "pending_payment"

    run_jobs()

    assert (fresh(waiting.id).state, fresh(waiting.id).payment.state) == ("pending_confirmation", "held")
    assert fresh(waiting.id).events.last().source == "webhook"
    stored = StripeEvent.objects.get()
    assert (stored.id, stored.outcome, stored.reason) == (told["id"], "applied", "")
    assert stored.processed_at
    assert books.check_books() == []


def test_what_the_event_says_of_the_payment_is_not_believed(patient, sandbox):
    booking = patient.has_asked()
    lie = {**sandbox.stripe.intent(booking.payment.intent_id), "status": "succeeded", "amount_received": 15000}
    before = snapshot(booking)

    tell("payment_intent.succeeded", lie)
    run_jobs()

    assert snapshot(booking) == before


def test_nothing_of_the_event_but_ids_is_kept(visit, sandbox):
    charge = sandbox.stripe.intent(visit.payment.intent_id)["latest_charge"]
    full = sandbox.stripe.ledger()["charges"][charge]
    assert full["payment_method_details"]["card"]["last4"] == "4242"

    tell("charge.captured", full)

    row = StripeEvent.objects.values().get()
    assert (row["object_id"], row["intent_id"]) == (charge, visit.payment.intent_id)
    assert "4242" not in str(row)


@pytest.mark.lesson(18)
def test_the_same_event_twice_at_once_is_one_row_and_one_effect(waiting, sandbox):
    told = event("payment_intent.amount_capturable_updated", sandbox.stripe.authenticate(waiting.payment.intent_id))

    answers = at_once(*[lambda: deliver(told)] * 8)

    assert [(answer.status, answer.body) for answer in answers] == [(200, {"received": True})] * 8
    assert promised() == [HEAR]
    at_once(*[lambda: events.process_event(told["id"])] * 8)
    assert StripeEvent.objects.get().attempts == 1
    assert happened(waiting, "payment_held") == 1

    assert deliver(told).status == 200
    events.process_event(told["id"])
    assert happened(waiting, "payment_held") == 1
    assert StripeEvent.objects.get().attempts == 1


@pytest.mark.lesson(18)
def test_different_events_about_one_payment_at_once_are_one_effect(waiting, sandbox):
    """Eight events about one payment: all are heard, each reads the vendor, and the booking's lock lets one act."""
    intent = sandbox.stripe.authenticate(waiting.payment.intent_id)
    kinds = ["payment_intent.amount_capturable_updated", "charge.succeeded"] * 4
    charge = sandbox.stripe.ledger()["charges"][intent["latest_charge"]]
    told = [event(kind, intent if kind.startswith("payment") else charge) for kind in kinds]
    for one in told:
        assert deliver(one).status == 200

    at_once(*(lambda one=one: events.process_event(one["id"]) for one in told))

    assert set(StripeEvent.objects.values_list("outcome", "attempts")) == {("applied", 1)}
    assert len([call for call in sandbox.log() if call["method"] == "GET"]) >= 8
    assert happened(waiting, "payment_held") == 1
    assert fresh(waiting.id).state == "pending_confirmation"


@pytest.mark.lesson(18)
@pytest.mark.parametrize("kind", ["created", "requires_action", "processing", "amount_capturable_updated", "canceled"])
def test_an_older_event_after_a_newer_one_moves_nothing_back(visit, sandbox, kind):
    before = snapshot(visit)
    old = {**sandbox.stripe.intent(visit.payment.intent_id), "status": kind}

    tell(f"payment_intent.{kind}", old)
    run_jobs()

    assert snapshot(visit) == before
    assert StripeEvent.objects.get().outcome == "applied"


@pytest.mark.lesson(18)
def test_events_in_any_order_lead_to_the_same_end(patient, provider, sandbox):
    booking = booking_of(patient.asks(paymentMethodId=AUTHENTICATION))
    intent_id = booking.payment.intent_id
    told = [event("payment_intent.requires_action", sandbox.stripe.intent(intent_id))]
    told.append(event("payment_intent.amount_capturable_updated", sandbox.stripe.authenticate(intent_id)))
    sweep_all(booking)
    provider.post(f"/api/bookings/{booking.id}/confirm")
    told.append(event("payment_intent.succeeded", sandbox.stripe.intent(intent_id)))
    before = snapshot(booking)

    for one in reversed(told):
        assert deliver(one).status == 200
    run_jobs()

    assert snapshot(booking) == before
    assert before[:2] == ("confirmed", "paid")
    assert books.check_books() == []


def sweep_all(booking):
    """The poll of the checkout, at its own time."""
    PaymentOperation.objects.filter(payment__booking=booking, state="pending").update(claimed_until=clock.now())
    sweep()


# --- Whose payment it is ----------------------------------------------------------------------------------------------
@pytest.mark.lesson(13)
def test_a_payment_whose_id_was_never_heard_is_found_by_what_it_names(patient, sandbox, time):
    """The connection broke after Stripe had placed the hold: the event comes before anybody looks for it."""
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})
    answer = patient.asks()
    assert answer.status == 202
    (intent,) = sandbox.stripe.intents(booking=answer.body["bookingId"])

    tell("payment_intent.amount_capturable_updated", intent)
    run_jobs()

    booking = booking_of(answer)
    assert (booking.state, booking.payment.intent_id) == ("pending_confirmation", intent["id"])
    time.passes(seconds=31)
    sweep()
    assert happened(booking, "payment_held") == 1
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1
    assert books.check_books() == []


@pytest.mark.parametrize("named", [None, "", "no id", "\x00", "00000000-0000-4000-8000-000000000404", ["x"]])
def test_a_payment_that_is_nobodys_is_acknowledged_and_marked(patient, sandbox, named):
    booking = patient.has_asked()
    before = snapshot(booking)
    told = event("payment_intent.succeeded", {"id": f"pi_{uuid4().hex}", "metadata": {"booking": named}})

    assert deliver(told).body == {"received": True}
    run_jobs()

    stored = StripeEvent.objects.get()
    assert (stored.outcome, stored.processed_at is not None) == ("unknown", True)
    assert snapshot(booking) == before


def test_a_payment_of_another_product_on_the_same_account_is_marked(stage, sandbox):
    tell("payment_intent.succeeded", sandbox.stripe.intent(paid_at_the_vendor(product="something else")))
    run_jobs()

    assert StripeEvent.objects.get().outcome == "unknown"


def paid_at_the_vendor(**metadata):
    """A payment of $150 that findr did not make; its id."""
    parameters = {
        "amount": 15000,
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "allowed_payment_method_types": ["card"],
        "metadata": metadata,
    }
    return StripeGateway().authorize(parameters, key=str(uuid4()), seconds=5).id


@pytest.mark.parametrize("kind", ["customer.created", "setup_intent.succeeded", "account.updated", "charging.else"])
def test_events_about_no_payment_are_acknowledged_and_marked(stage, sandbox, kind):
    tell(kind, {"id": "x_1", "payment_intent": "pi_1"})

    assert StripeEvent.objects.get().outcome == "ignored"
    assert promised() == []
    assert sandbox.log() == []


@pytest.mark.lesson(13)
def test_a_second_payment_of_one_booking_is_undone_once_however_often_it_is_told(patient, sandbox):
    booking = patient.has_asked()
    stray = paid_at_the_vendor(booking=str(booking.id))

    for _ in range(3):
        tell("payment_intent.succeeded", sandbox.stripe.intent(stray))
        run_jobs()

    assert [refund["amount"] for refund in sandbox.stripe.refunds(stray)] == [15000]
    assert PaymentOperation.objects.filter(intent_id=stray).count() == 1
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("pending_confirmation", "held")


# --- Beside the patient's own call ------------------------------------------------------------------------------------
@pytest.mark.lesson(18)
def test_an_event_that_overtakes_the_answer_secures_the_request_and_the_answer_is_the_same(patient, sandbox, meanwhile):
    def event_first():
        (intent,) = sandbox.stripe.intents()
        tell("payment_intent.amount_capturable_updated", intent)
        run_jobs()
        assert Booking.objects.get().state == "pending_confirmation"

    meanwhile(event_first)

    answer = patient.asks()

    assert (answer.status, answer.body["booking"]["state"]) == (201, "pending_confirmation")
    assert happened(booking_of(answer), "payment_held") == 1
    assert books.check_books() == []


@pytest.mark.lesson(16)
@pytest.mark.parametrize(
    ("card", "kind", "status", "code"),
    [
        ("pm_card_visa_chargeDeclined", "payment_failed", 402, "card_declined"),
        (AUTHENTICATION, "requires_action", 201, None),
    ],
)
def test_what_the_own_call_is_about_to_answer_is_left_to_it(
    patient, sandbox, meanwhile, time, card, kind, status, code
):
    def event_first():
        (intent,) = sandbox.stripe.intents()
        tell(f"payment_intent.{kind}", intent)
        run_jobs()
        seen = Booking.objects.get()
        assert (seen.state, fresh(seen.id).payment.state) == ("pending_payment", "authorizing")

    meanwhile(event_first)

    answer = patient.asks(paymentMethodId=card)

    assert (answer.status, answer.body.get("code")) == (status, code)
    if code:
        assert answer.body["declineCode"] == "generic_decline"
    booking = Booking.objects.get()
    before = (booking.state, booking.events.count())
    time.passes(seconds=31)
    tasks.sweep_events()
    run_jobs()
    assert StripeEvent.objects.get().outcome == "applied"
    assert (fresh(booking.id).state, booking.events.count()) == before


@pytest.mark.parametrize("reader", ["readers.Free", "calendars.reading.NoCalendars"], ids=["instant", "request"])
def test_a_create_whose_money_came_and_whose_booking_was_called_off_meanwhile_is_no_refusal(
    patient, provider, sandbox, meanwhile, settings, reader
):
    """The webhook was first, and the practice was quick: a 402 would say that nothing was ever held or paid."""
    settings.CALENDAR_READER = reader

    def paid_and_called_off():
        (intent,) = sandbox.stripe.intents()
        tell("payment_intent.succeeded", intent)
        run_jobs()
        booking = Booking.objects.get()
        answer = provider.post(f"/api/bookings/{booking.id}/cancel-provider", {"reason": "ill"})
        assert answer.status == 200

    meanwhile(paid_and_called_off)

    answer = patient.asks()

    assert answer.status == 201
    assert (answer.body["booking"]["state"], answer.body["processing"]) == ("cancelled_provider", False)
    assert sandbox.stripe.totals()["held"] == 0
    assert sandbox.stripe.totals()["received"] == sandbox.stripe.totals()["refunded"]


# --- Outages ------------------------------------------------------------------------------------------------------------
def test_while_the_vendor_is_silent_events_wait_and_the_sweep_hears_them(waiting, sandbox, time, settings):
    settings.JOB_CALL_SECONDS = 2
    sandbox.stripe.authenticate(waiting.payment.intent_id)
    sandbox.misbehave({"method": "GET", "path": "/v1/payment_intents/*", "action": "drop_before", "times": None})
    tell("payment_intent.amount_capturable_updated", sandbox.stripe.intent(waiting.payment.intent_id))
    run_jobs()

    stored = StripeEvent.objects.get()
    assert (stored.outcome, stored.reason, stored.attempts, events.pending_events()) == ("", "unclear", 1, [])
    time.passes(seconds=11)
    tasks.sweep_events()
    assert StripeEvent.objects.get().attempts == 2
    sandbox.behave()
    time.passes(seconds=21)
    tasks.sweep_events()

    assert StripeEvent.objects.get().outcome == "applied"
    assert fresh(waiting.id).state == "pending_confirmation"


def test_events_never_give_up_and_slow_down_to_ten_minutes(waiting, sandbox, time, settings):
    settings.JOB_CALL_SECONDS = 2
    sandbox.misbehave(
        {"method": "GET", "path": "/v1/payment_intents/*", "action": "status", "status": 404, "times": None}
    )
    tell("payment_intent.processing", sandbox.stripe.intent(waiting.payment.intent_id))
    run_jobs()
    StripeEvent.objects.update(backoff_step=16)

    time.passes(minutes=11)
    tasks.sweep_events()

    stored = StripeEvent.objects.get()
    assert (stored.outcome, stored.reason) == ("", "unclear")
    assert 299 <= (stored.claimed_until - clock.now()).total_seconds() <= 600


def test_a_worker_that_died_in_the_middle_leaves_the_event_to_the_sweep(waiting, sandbox, time):
    tell("payment_intent.amount_capturable_updated", sandbox.stripe.authenticate(waiting.payment.intent_id))
    StripeEvent.objects.update(attempts=1, claimed_until=clock.now() + timedelta(seconds=30))
    run_jobs()
    assert fresh(waiting.id).state == "pending_payment"

    time.passes(seconds=31)
    tasks.sweep_events()

    assert fresh(waiting.id).state == "pending_confirmation"


def test_one_event_that_cannot_be_heard_does_not_stop_the_others(waiting, sandbox):
    broken = event("payment_intent.created", {"id": "pi_other"})
    assert deliver(broken).status == 200
    tell("payment_intent.amount_capturable_updated", sandbox.stripe.authenticate(waiting.payment.intent_id))
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE bookings_stripeevent ADD CONSTRAINT broken CHECK (id <> '{broken['id']}' OR outcome = '')"
        )
    try:
        tasks.sweep_events()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE bookings_stripeevent DROP CONSTRAINT broken")

    assert fresh(waiting.id).state == "pending_confirmation"
    assert StripeEvent.objects.get(id=broken["id"]).outcome == ""


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
