"""Answers that a vendor should not give to a capture, a cancellation or a refund."""

import pytest
from cast import booking_of, fresh, run_jobs, sweep
from money_calls import CAPTURE, REFUND
from snapshots import states
from vendor_words import settle

from bookings import reconciliation as books
from bookings import transitions
from bookings.actors import JOB
from bookings.models import PaymentOperation, TimeHold
from bookings.payments import apply_intent, execution, reversals
from bookings.payments.gateway import Intent, IntentStatus, Refund
from findr.transactions import durable


@pytest.fixture
def unanswered(patient, provider, sandbox):
    """A visit that is being confirmed, and its capture that nobody has answered."""
    booking = patient.has_asked()
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    provider.post(f"/api/bookings/{booking.id}/confirm")
    return booking.payment.operations.get(kind="capture")


# --- Capture ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", ["processing", "requires_action"])
def test_a_capture_is_over_only_when_the_intent_says_so(unanswered, status, time):
    booking = settle(unanswered, Intent(id=unanswered.intent_id, status=IntentStatus(status)))

    assert states(booking) == ("confirming", "capturing")
    unanswered.refresh_from_db()
    assert unanswered.state == "pending"
    time.passes(minutes=1)
    sweep()
    assert states(booking) == ("confirmed", "paid")


@pytest.mark.lesson(11)
def test_a_capture_that_used_up_the_hold_ends_the_booking(unanswered):
    gone = Intent(id=unanswered.intent_id, status=IntentStatus.REQUIRES_PAYMENT_METHOD)

    ended_without_a_hold(settle(unanswered, gone), unanswered)


@pytest.mark.lesson(11)
def test_a_refusal_that_used_up_the_hold_ends_the_booking(unanswered, time, settings):
    settings.PAYMENT_GATEWAY = "gateways.HoldUsedUp"
    time.passes(seconds=31)
    booking = execution.run_operation(unanswered.id).booking

    ended_without_a_hold(booking, unanswered)


def ended_without_a_hold(booking, capture):
    assert states(booking) == ("payment_failed", "releasing")
    assert not TimeHold.objects.exists()
    capture.refresh_from_db()
    assert capture.state == "failed"
    run_jobs()
    assert states(booking) == ("payment_failed", "failed")
    assert books.check_books() == []


@pytest.mark.lesson(11)
def test_a_hold_that_is_gone_while_the_request_waits_ends_it(patient):
    booking = patient.has_asked()

    @durable
    def hear():
        gone = Intent(id=booking.payment.intent_id, status=IntentStatus.REQUIRES_PAYMENT_METHOD)
        apply_intent.apply_intent(transitions.lock_booking(booking.id), gone, JOB)

    hear()
    run_jobs()

    assert states(booking) == ("payment_failed", "failed")
    assert books.check_books() == []


# --- Cancel ----------------------------------------------------------------------------------------------------------
def test_a_hold_that_was_kept_after_all_is_not_canceled_by_an_old_operation(patient, sandbox, time, settings):
    """Abandoned, to be closed; the vendor is silent; then the card holder finishes after all, and is heard."""
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    intent_id = fresh(booking.id).payment.intent_id
    cancel = _open_cancel(booking)
    sandbox.stripe.authenticate(intent_id)
    time.passes(seconds=16)
    execution.run_operation(booking.payment.operations.get(kind="authorize").id)
    assert states(booking) == ("pending_confirmation", "held")

    PaymentOperation.objects.filter(id=cancel.id).update(must_look_first=True)
    run_jobs()

    cancel.refresh_from_db()
    assert (cancel.state, cancel.reason) == ("failed", "kept")
    assert sandbox.stripe.intent(intent_id)["status"] == "requires_capture"


@durable
def _open_cancel(booking):
    payment = transitions.lock_booking(booking.id).payment
    cancel = reversals.cancel_intent(payment, payment.intent_id, lease_now=False)
    assert reversals.cancel_intent(payment, payment.intent_id, lease_now=False) is None  # Somebody is at it already.
    return cancel


# --- Refund ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def refunding(patient, sandbox):
    """A booking whose money was captured out of turn: all of it is owed."""
    booking = patient.has_asked()
    sandbox.stripe.capture(booking.payment.intent_id)

    @durable
    def hear():
        captured = Intent(id=booking.payment.intent_id, status=IntentStatus.SUCCEEDED, amount_received=15000)
        apply_intent.apply_intent(transitions.lock_booking(booking.id), captured, JOB)

    hear()
    return booking


def test_a_refund_that_failed_is_made_anew_by_the_same_operation(refunding, sandbox, time):
    operation = refunding.payment.operations.get(kind="refund")
    before = operation.idempotency_key

    settle(operation, Refund(id="re_1", status="failed", amount=15000))

    assert states(refunding) == ("payment_failed", "refunding")
    time.passes(minutes=1)
    sweep()
    assert states(refunding) == ("payment_failed", "refunded")
    operation.refresh_from_db()
    assert operation.idempotency_key != before
    assert len(sandbox.stripe.refunds(operation.intent_id)) == 1


@pytest.mark.parametrize("by_hand", [5000, 15000])
def test_what_was_given_back_by_hand_is_not_given_back_again(refunding, sandbox, by_hand):
    sandbox.stripe.refund(refunding.payment.intent_id, amount=by_hand)

    run_jobs()

    assert states(refunding) == ("payment_failed", "refunded")
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert fresh(refunding.id).payment.refunded_cents == 15000
    assert books.check_books() == []


def test_a_refund_that_the_vendor_refuses_without_a_reason_stays_open(refunding, sandbox, time):
    sandbox.misbehave({**REFUND, "action": "status", "status": 400, "type": "invalid_request_error"})
    run_jobs()
    assert states(refunding) == ("payment_failed", "refunding")

    time.passes(minutes=1)
    sweep()

    assert states(refunding) == ("payment_failed", "refunded")
