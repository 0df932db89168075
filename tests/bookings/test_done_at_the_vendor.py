"""Refunds and disputes at the vendor: made by hand, failed in the end, opened by the card holder. No visit changes."""

import gateways
import pytest
from cast import fresh, run_jobs, sweep
from concurrency.together import at_once
from snapshots import snapshot
from stripe_events import deliver, event, happened, tell

from bookings import reconciliation as books
from bookings import tasks
from bookings.models import PaymentOperation, StripeEvent
from bookings.payments import events
from findr import clock


# --- Refunds made by hand in Stripe's dashboard ------------------------------------------------------------------------------------
def test_a_refund_made_by_hand_is_recorded_and_the_visit_stands(visit, patient, provider, sandbox):
    for amount, payment_state, given_back in ((5000, "partially_refunded", 5000), (10000, "refunded", 15000)):
        charge_id = sandbox.stripe.refund(visit.payment.intent_id, amount=amount)["latest_charge"]
        charge = sandbox.stripe.ledger()["charges"][charge_id]
        for _ in range(2):
            tell("charge.refunded", charge)
            run_jobs()

        now = fresh(visit.id)
        assert (now.state, now.payment.state, now.payment.refunded_cents) == ("confirmed", payment_state, given_back)
        shown = patient.get(f"/api/bookings/{visit.id}").body["booking"]
        assert (shown["state"], shown["paymentStatus"]) == ("confirmed", payment_state)
        assert shown["refundAmount"] == given_back / 100

    recorded = fresh(visit.id).events.filter(event_type="payment_refunded")
    assert [one.data["amount"] for one in recorded] == [50, 100]
    assert {one.source for one in recorded} == {"webhook"}
    assert books.check_books() == []


def test_two_reports_of_one_refund_at_once_count_it_once(visit, sandbox):
    sandbox.stripe.refund(visit.payment.intent_id, amount=5000)
    (refund,) = sandbox.stripe.refunds(visit.payment.intent_id)
    told = [event(kind, refund) for kind in ("refund.created", "refund.updated", "charge.refund.updated") * 3]
    for one in told:
        assert deliver(one).status == 200

    at_once(*(lambda one=one: events.process_event(one["id"]) for one in told))
    StripeEvent.objects.update(claimed_until=clock.now())
    tasks.sweep_events()

    assert not StripeEvent.objects.exclude(outcome="applied").exists()
    assert fresh(visit.id).payment.refunded_cents == 5000
    assert happened(visit, "payment_refunded") == 1


def test_the_events_of_our_own_refund_change_nothing(patient, sandbox, time):
    booking = patient.has_asked()
    tell("payment_intent.succeeded", sandbox.stripe.capture(booking.payment.intent_id))  # Out of turn: given back.
    run_jobs()
    assert fresh(booking.id).payment.state == "refunded"
    before = snapshot(booking)

    (refund,) = sandbox.stripe.refunds(booking.payment.intent_id)
    tell("refund.created", refund)
    run_jobs()

    assert snapshot(booking) == before
    assert books.check_books() == []


def test_a_refund_by_hand_while_ours_is_under_way_is_counted_once(patient, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({"method": "POST", "path": "/v1/refunds", "action": "drop_before", "times": 1})
    tell("payment_intent.succeeded", sandbox.stripe.capture(booking.payment.intent_id))
    run_jobs()
    assert fresh(booking.id).payment.state == "refunding"
    sandbox.stripe.refund(booking.payment.intent_id, amount=5000)

    tell("refund.created", sandbox.stripe.refunds(booking.payment.intent_id)[0])
    run_jobs()
    assert StripeEvent.objects.filter(reason="payment_changing").exists()
    assert fresh(booking.id).payment.refunded_cents == 0
    time.passes(seconds=31)
    sweep()
    tasks.sweep_events()

    payment = fresh(booking.id).payment
    assert (payment.state, payment.refunded_cents) == ("refunded", 15000)
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert not StripeEvent.objects.filter(processed_at=None).exists()
    assert books.check_books() == []


# --- Refunds that fail in the end, and disputes ---------------------------------------------------------------------------
@pytest.fixture(params=["pm_card_visa", "pm_card_pendingRefund"])
def refunded(patient, sandbox, request):
    """A booking whose $150 were given back by findr; with some banks that takes days."""
    booking = patient.has_asked(paymentMethodId=request.param)
    tell("payment_intent.succeeded", sandbox.stripe.capture(booking.payment.intent_id))
    run_jobs()
    assert fresh(booking.id).payment.state == "refunded"
    return booking


def test_a_refund_that_failed_after_it_had_succeeded_is_made_again_and_staff_hear_of_it(refunded, sandbox, caplog):
    (first,) = sandbox.stripe.refunds(refunded.payment.intent_id)
    failed = sandbox.stripe.fail_refund(first["id"])
    told = event("refund.failed", failed)
    assert deliver(told).status == deliver(told).status == 200

    events.process_event(told["id"])

    payment = fresh(refunded.id).payment
    assert (payment.state, payment.refunded_cents) == ("refunding", 0)
    assert f"A refund of 15000 cents of booking {refunded.id} failed in the end" in caplog.text
    assert [r.levelname for r in caplog.records if "failed in the end" in r.message] == ["ERROR"]

    run_jobs()
    tasks.sweep_events()

    payment = fresh(refunded.id).payment
    assert (payment.state, payment.refunded_cents) == ("refunded", 15000)
    assert [one["status"] for one in sandbox.stripe.refunds(refunded.payment.intent_id)] == ["failed", first["status"]]
    assert fresh(refunded.id).events.get(event_type="note").data == {"amount": 150, "reason": "refund_failed"}
    assert books.check_books() == []


def test_a_failed_refund_told_of_many_times_at_once_is_reopened_once(refunded, sandbox, time):
    (first,) = sandbox.stripe.refunds(refunded.payment.intent_id)
    failed = sandbox.stripe.fail_refund(first["id"])
    told = [event(kind, failed) for kind in ("refund.failed", "refund.updated", "charge.refund.updated") * 2]
    for one in told:
        assert deliver(one).status == 200

    at_once(*(lambda one=one: events.process_event(one["id"]) for one in told))
    run_jobs()
    time.passes(minutes=1)
    sweep()
    tasks.sweep_events()
    run_jobs()

    assert not StripeEvent.objects.filter(processed_at=None).exists()
    assert len(sandbox.stripe.refunds(refunded.payment.intent_id)) == 2
    assert happened(refunded, "note") == 1
    assert fresh(refunded.id).payment.state == "refunded"
    assert books.check_books() == []


def test_a_partial_refund_that_failed_leaves_the_other_alone(visit, sandbox):
    for amount in (4000, 2000):
        sandbox.stripe.refund(visit.payment.intent_id, amount=amount)
    first, second = sandbox.stripe.refunds(visit.payment.intent_id)
    tell("refund.created", second)
    run_jobs()
    assert fresh(visit.id).payment.refunded_cents == 6000

    tell("refund.failed", sandbox.stripe.fail_refund(first["id"]))
    run_jobs()

    payment = fresh(visit.id).payment
    assert (fresh(visit.id).state, payment.state, payment.refunded_cents) == ("confirmed", "partially_refunded", 6000)
    amounts = [(one["amount"], one["status"]) for one in sandbox.stripe.refunds(visit.payment.intent_id)]
    assert amounts == [(4000, "failed"), (2000, "succeeded"), (4000, "succeeded")]
    assert books.check_books() == []


def test_a_dispute_is_recorded_for_staff_and_changes_no_visit(visit, patient, sandbox, caplog):
    before = snapshot(visit)
    shown = patient.get(f"/api/bookings/{visit.id}").body
    dispute = sandbox.stripe.dispute(visit.payment.intent_id)
    for _ in range(2):
        tell("charge.dispute.created", dispute)
        run_jobs()

    payment = fresh(visit.id).payment
    assert (payment.dispute_id, payment.dispute_status) == (dispute["id"], "needs_response")
    assert payment.dispute_cents == 15000
    assert payment.disputed_at.timestamp() == dispute["created"]
    assert caplog.text.count(f"booking {visit.id} disputes 15000 cents") == 1

    closed = sandbox.stripe.close_dispute(dispute["id"], "won")
    tell("charge.dispute.created", dispute)  # The old event comes last.
    run_jobs()

    assert fresh(visit.id).payment.dispute_status == closed["status"] == "won"
    after = snapshot(visit)
    assert (*after[:3], *after[4:]) == (*before[:3], *before[4:])
    assert patient.get(f"/api/bookings/{visit.id}").body["booking"]["state"] == shown["booking"]["state"]
    assert "dispute" not in str(patient.get(f"/api/bookings/{visit.id}").body)
    assert books.check_books() == []


def test_an_answer_older_than_our_own_refund_reopens_nothing(patient, sandbox, time, settings):
    """The vendor is asked, our refund is made and settled, and only then the vendor's old answer is looked at."""
    booking = patient.has_asked()
    sandbox.misbehave({"method": "POST", "path": "/v1/refunds", "action": "drop_before", "times": 1})
    tell("payment_intent.succeeded", sandbox.stripe.capture(booking.payment.intent_id))
    run_jobs()
    assert fresh(booking.id).payment.state == "refunding"
    time.passes(seconds=31)
    settings.PAYMENT_GATEWAY = "gateways.Overtaken"
    gateways.Overtaken.meanwhile = sweep
    told = event("payment_intent.succeeded", sandbox.stripe.intent(booking.payment.intent_id))
    assert deliver(told).status == 200
    events.process_event(told["id"])

    assert StripeEvent.objects.get(id=told["id"]).error == "the payment is being changed"
    assert (fresh(booking.id).payment.state, fresh(booking.id).payment.refunded_cents) == ("refunded", 15000)
    time.passes(seconds=31)
    tasks.sweep_events()
    run_jobs()
    assert not StripeEvent.objects.filter(processed_at=None).exists()
    assert (
        PaymentOperation.objects.filter(kind="refund").count()
        == len(sandbox.stripe.refunds(booking.payment.intent_id))
        == 1
    )
    assert books.check_books() == []
