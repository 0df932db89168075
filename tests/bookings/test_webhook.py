"""The payment vendor's own reports: forged, doubled, late, out of order, about things that nobody knows."""

from datetime import timedelta

import pytest
from cast import booking_of, fresh, promised, run_jobs, sweep
from concurrency.together import at_once
from django.db import connection
from snapshots import snapshot
from stripe_events import AUTHENTICATION, deliver, event, happened, tell

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import PaymentOperation, StripeEvent
from bookings.payments import events
from findr import clock

HEAR = "bookings.process_event"


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
