"""Answers that a vendor should not give, and defects of ours: money is never left in limbo, nor moved on a guess."""

import pytest
from cast import booking_of, fresh, run_jobs, sweep
from money_calls import CANCEL, CREATE
from snapshots import states
from vendor_words import settle

from bookings import reconciliation as books
from bookings.models import PaymentOperation, TimeHold
from bookings.payments.gateway import Intent, IntentStatus
from bookings.payments.rules import Failure, FailureKind
from bookings.payments.stripe import StripeGateway
from bookings.wire.booking import payment_status
from providers.models import Provider

READ = {"method": "GET", "path": "/v1/payment_intents*"}
INTENT = "pi_from_a_test"


# --- Reads -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [400, 404, 424, 503])
def test_a_read_that_is_refused_tells_nothing(patient, sandbox, time, status):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.misbehave({**READ, "action": "status", "status": status, "type": "invalid_request_error"})
    time.passes(seconds=31)
    sweep()
    assert states(booking) == ("pending_payment", "requires_action")

    sandbox.stripe.authenticate(fresh(booking.id).payment.intent_id)
    time.passes(seconds=31)
    sweep()

    assert states(booking) == ("pending_confirmation", "held")


# --- Authorise -------------------------------------------------------------------------------------------------------
def test_what_the_vendor_calls_a_bad_request_is_our_fault_and_said_in_our_words(patient, sandbox):
    rule = {"status": 400, "type": "invalid_request_error", "message": "Unknown parameter: secret_thing"}
    sandbox.misbehave({**CREATE, "action": "status", **rule})

    answer = patient.asks()

    assert (answer.status, answer.body["code"]) == (402, "payment_failed")
    assert answer.body["message"] == "The payment could not be made."
    assert "secret_thing" not in str(answer.body)


def test_a_card_that_is_refused_after_the_cancellation_never_held_anything(patient, sandbox):
    """The call was running when its patient cancelled, and then the card said no."""
    sandbox.misbehave({**CREATE, "action": "drop_after"})
    booking = booking_of(patient.asks(paymentMethodId="pm_card_visa_chargeDeclined"))
    patient.post(f"/api/bookings/{booking.id}/cancel")
    operation = PaymentOperation.objects.select_related("payment__booking").get(payment__booking=booking)
    (intent,) = sandbox.stripe.intents()
    known = intent["id"]

    ended = settle(operation, Failure(FailureKind.CARD_REFUSED, "Declined.", "card_declined", intent_id=known))

    assert (states(ended), payment_status(ended)) == (("cancelled_patient", "authorizing"), "processing")
    run_jobs()
    assert states(booking) == ("cancelled_patient", "released")
    assert sandbox.stripe.intent(intent["id"])["status"] == "canceled"
    assert books.check_books() == []


def test_a_key_that_was_used_for_something_else_is_left_behind(patient, sandbox, time):
    sandbox.misbehave({**CREATE, "action": "status", "status": 400, "type": "idempotency_error"})
    answer = patient.asks()
    assert answer.status == 202
    booking = booking_of(answer)

    time.passes(seconds=11)
    sweep()

    assert states(booking) == ("pending_confirmation", "held")
    keys = [call["idempotency_key"] for call in sandbox.log() if call["method"] == "POST"]
    assert len(keys) == len(set(keys)) == 2
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1


def test_an_intent_is_called_never_made_only_when_no_attempt_can_be_running(patient, sandbox, time, settings):
    """The last attempt may have left at the end of the checkout, and be slow at the vendor."""
    sandbox.misbehave({**CREATE, "action": "drop_before", "times": None})
    booking = booking_of(patient.asks())
    time.passes(minutes=settings.CHECKOUT_MINUTES, seconds=1)
    sweep()
    assert states(booking) == ("payment_failed", "authorizing")
    sandbox.behave()

    time.passes(seconds=settings.LOST_INTENT_SECONDS - 30)
    sweep()
    assert states(booking) == ("payment_failed", "authorizing")
    time.passes(minutes=10)
    sweep()

    assert states(booking) == ("payment_failed", "failed")
    assert books.check_books() == []


def test_of_two_intents_that_name_one_booking_one_is_used_and_the_other_undone(patient, sandbox, time):
    sandbox.misbehave({**CREATE, "action": "status", "status": 500, "store": True, "do_work": True})
    booking = booking_of(patient.asks())
    operation = booking.payment.operations.get()
    StripeGateway().authorize(operation.parameters, key="a-second-one", seconds=5)
    assert sandbox.stripe.totals()["held"] == 30000

    time.passes(seconds=11)
    sweep()
    run_jobs()

    assert states(booking) == ("pending_confirmation", "held")
    assert sandbox.stripe.totals()["held"] == 15000
    assert books.check_books() == []


def test_an_ended_checkout_that_is_still_processing_is_asked_about_until_it_is_not(patient, sandbox, time, settings):
    sandbox.misbehave({**CREATE, "action": "drop_after"}, {**READ, "action": "drop_before", "times": None})
    booking = booking_of(patient.asks())
    time.passes(minutes=settings.CHECKOUT_MINUTES, seconds=1)
    sweep()
    operation = booking.payment.operations.get()

    settle(operation, Intent(id=sandbox.stripe.intents()[0]["id"], status=IntentStatus.PROCESSING))

    assert states(booking) == ("payment_failed", "authorizing")
    assert booking.payment.operations.get().state == "pending"
    sandbox.behave()
    time.passes(minutes=11)
    sweep()
    run_jobs()
    assert states(booking) == ("payment_failed", "failed")
    assert sandbox.stripe.totals()["held"] == 0


def test_an_abandoned_checkout_ends_even_if_the_vendor_will_not_close_it(patient, sandbox, time, settings):
    """The time is the next patient's; the intent is closed when the vendor lets us."""
    Provider.objects.update(requests_hold_time=True)
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    assert TimeHold.objects.filter(owner=booking.id).exists()
    sandbox.misbehave({**CANCEL, "action": "status", "status": 400, "type": "invalid_request_error"})

    time.passes(minutes=settings.CHECKOUT_MINUTES, seconds=1)
    sweep()
    run_jobs()

    assert states(booking) == ("payment_failed", "requires_action")
    assert not TimeHold.objects.filter(owner=booking.id).exists()
    time.passes(minutes=1)
    sweep()
    assert states(booking) == ("payment_failed", "failed")
    assert sandbox.stripe.intent(fresh(booking.id).payment.intent_id)["status"] == "canceled"


def test_waiting_for_the_card_holder_does_not_slow_down(patient, sandbox, time):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    for _ in range(5):
        time.passes(seconds=16)
        assert sweep() == 1

    operation = booking.payment.operations.get()
    assert (operation.attempts, operation.backoff_step) == (6, 0)  # The first call, and each look since.
