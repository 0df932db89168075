"""What the vendor says late, twice, out of order, or about things that nobody of ours did."""

import pytest
from cast import booking_of, fresh, run_jobs, sweep
from realtime.blackouts import until
from snapshots import snapshot

from bookings import reconciliation as books
from bookings import tasks, transitions
from bookings.actors import JOB
from bookings.models import PaymentOperation
from bookings.payments import apply_intent, execution, results
from bookings.payments.gateway import Intent, IntentStatus
from bookings.payments.vendor_calls import CallResult
from bookings.states import PaymentState, State
from findr.transactions import durable


@durable
def hear(booking, status, **details):
    """The vendor's words, as any of the four ways to learn about money brings them."""
    locked = transitions.lock_booking(booking.id)
    apply_intent.apply_intent(locked, Intent(id=booking.payment.intent_id, status=IntentStatus(status), **details), JOB)


@pytest.mark.parametrize("status", ["requires_capture", "requires_action", "processing"])
def test_old_news_about_a_confirmed_visit_changes_nothing(patient, provider, status):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")
    before = snapshot(booking)

    hear(booking, status)

    assert snapshot(booking) == before


def test_the_same_news_twice_changes_nothing_the_second_time(patient):
    booking = patient.has_asked()
    before = snapshot(booking)

    hear(booking, "requires_capture")
    hear(booking, "requires_capture")

    assert snapshot(booking) == before


@pytest.mark.lesson(11)
def test_a_hold_that_lapsed_while_it_waited_ends_the_booking(patient, sandbox):
    booking = patient.has_asked()
    sandbox.stripe.lapse(booking.payment.intent_id)

    hear(booking, "canceled")

    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("payment_failed", "failed")
    assert books.check_books() == []


def test_captured_from_outside_while_it_waits_is_refunded(patient, sandbox):
    booking = patient.has_asked()
    sandbox.stripe.capture(booking.payment.intent_id)

    hear(booking, "succeeded", amount_received=15000)
    run_jobs()

    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("payment_failed", "refunded")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert books.check_books() == []


def test_a_hold_that_surfaces_after_the_release_is_released_again(patient, provider):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/decline", {"reason": "no"})

    hear(booking, "requires_capture")
    run_jobs()

    assert fresh(booking.id).payment.state == "released"
    assert books.check_books() == []


def test_an_answer_that_comes_after_the_sweep_has_settled_it_changes_nothing(patient, sandbox, time):
    """The inline call was so slow that its lease ended: the sweep did the work, and then the answer came."""
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})
    booking = booking_of(patient.asks())
    operation = PaymentOperation.objects.select_related("payment").get(payment__booking=booking)
    time.passes(seconds=31)
    sweep()
    settled = fresh(booking.id)
    before = snapshot(settled)

    late = Intent(id=settled.payment.intent_id, status=IntentStatus.REQUIRES_CAPTURE)
    outcome = results.record_result(operation, CallResult(intent=late), actor=JOB)

    assert outcome.booking.state == "pending_confirmation"
    assert snapshot(settled) == before


def test_an_intent_that_turns_up_refused_when_all_is_over_is_closed(patient, sandbox, time, settings):
    """It was looked for and not there, since Stripe was still at it; a client secret must pay for nothing."""
    settings.MONEY_CALL_SECONDS = 0.3
    sandbox.stripe.webhooks.send_to("http://127.0.0.1:1/", settings.STRIPE_WEBHOOK_SECRET, retry_seconds=[])
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "delay", "seconds": 1.5})
    booking = booking_of(patient.asks(paymentMethodId="pm_card_visa_chargeDeclined"))
    for minutes in (16, 3):
        time.passes(minutes=minutes)
        sweep()
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("payment_failed", "failed")

    until(lambda: sandbox.stripe.intents(booking=str(booking.id)))
    sandbox.stripe.webhooks.settle()
    tasks.fetch_undelivered_events()
    run_jobs()

    (intent,) = sandbox.stripe.intents(booking=str(booking.id))
    assert intent["status"] == "canceled"
    assert fresh(booking.id).payment.state == "failed"
    assert books.check_books() == []


def test_a_second_intent_of_one_booking_is_undone(patient, sandbox):
    """At most one live intent: here a second one turns up, made by nobody's wish."""
    booking, other = patient.has_asked(), patient.has_asked(appointmentTime="14:00")
    stray = other.payment.intent_id

    @durable
    def hear_of_stray():
        locked = transitions.lock_booking(booking.id)
        apply_intent.apply_intent(locked, Intent(id=stray, status=IntentStatus.REQUIRES_CAPTURE), JOB)

    hear_of_stray()
    hear_of_stray()
    run_jobs()

    assert sandbox.stripe.intent(stray)["status"] == "canceled"
    assert fresh(booking.id).payment.state == "held"
    assert PaymentOperation.objects.filter(payment=booking.payment, kind="cancel").count() == 1


def test_illegal_moves_are_defects_and_change_nothing(patient):
    booking = patient.has_asked()

    @durable
    def confirm_without_capture():
        transitions.move(transitions.lock_booking(booking.id), State.CONFIRMED, "confirmed", JOB)

    @durable
    def pay_without_capture():
        transitions.move_payment(transitions.lock_booking(booking.id).payment, PaymentState.PAID)

    for defect in (confirm_without_capture, pay_without_capture):
        with pytest.raises(transitions.IllegalMove):
            defect()
    assert fresh(booking.id).state == "pending_confirmation"


def test_a_crash_between_the_row_and_the_call_is_finished_by_the_sweep(patient, sandbox, time):
    """The process died after its first commit: no call was made, the lease ends, the sweep makes it."""
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_before"})
    booking = booking_of(patient.asks())

    assert execution.pending_operations() == []
    time.passes(seconds=31)
    sweep()

    assert fresh(booking.id).state == "pending_confirmation"
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1


def test_a_refund_that_the_vendor_did_without_saying_so_is_not_made_twice(patient, sandbox, time):
    booking = patient.has_asked()
    sandbox.stripe.capture(booking.payment.intent_id)
    sandbox.misbehave({"method": "POST", "path": "/v1/refunds", "action": "drop_after"})
    hear(booking, "succeeded", amount_received=15000)
    run_jobs()
    assert fresh(booking.id).payment.state == "refunding"

    time.passes(seconds=31)
    sweep()

    assert fresh(booking.id).payment.state == "refunded"
    assert len(sandbox.stripe.refunds(booking.payment.intent_id)) == 1
    assert books.check_books() == []
