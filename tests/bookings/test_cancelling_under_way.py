"""Calling it off while money is on its way: in checkout, and while the vendor is down."""

from datetime import timedelta

import pytest
from acts import call_off, cancel
from cast import booking_of, fresh, run_jobs, sweep
from money_calls import CANCEL, CAPTURE, REFUND
from snapshots import everything

from bookings import reconciliation as books
from bookings.models import PaymentOperation, TimeHold


# --- In checkout -------------------------------------------------------------------------------------------------------
def test_cancelled_while_the_hold_is_being_placed_undoes_what_comes_of_it(patient, sandbox, time):
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})
    booking = booking_of(patient.asks())

    answer = cancel(patient, booking)

    assert (answer.status, answer.body["refundAmount"], answer.body["refund"]["status"]) == (200, 0, "pending")
    assert answer.body["booking"]["paymentStatus"] == "processing"
    time.passes(seconds=31)
    sweep()
    run_jobs()
    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("cancelled_patient", "released")
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []


def test_cancelled_before_the_card_was_authenticated(patient, sandbox):
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))

    answer = cancel(patient, booking)

    assert (answer.status, answer.body["refund"]["status"]) == (200, "succeeded")
    assert (fresh(booking.id).state, fresh(booking.id).payment.state) == ("cancelled_patient", "released")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert books.check_books() == []


@pytest.mark.parametrize("failure", ["drop_before", "drop_after"])
@pytest.mark.parametrize("action", ["cancel", "decline-suggested-times"])
def test_a_checkout_that_ended_early_is_processing_until_the_vendor_has_answered(
    patient, sandbox, time, action, failure
):
    """Nothing was ever held, so nothing is shown as held while it is being closed (contract 6.7)."""
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.misbehave({**CANCEL, "action": failure})

    answer = patient.post(f"/api/bookings/{booking.id}/{action}", {})

    detail = patient.get(f"/api/bookings/{booking.id}").body
    assert (answer.status, answer.body["booking"]["paymentStatus"]) == (200, "processing")
    assert (detail["requiresAction"], detail["clientSecret"]) == (False, None)
    assert detail["booking"]["paymentStatus"] == "processing"
    assert books.check_books(with_vendor=False) == []
    time.passes(seconds=31)
    sweep()
    sweep()
    run_jobs()
    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("cancelled_patient", "released")
    assert sandbox.stripe.intent(booking.payment.intent_id)["status"] == "canceled"
    assert not PaymentOperation.objects.filter(state="pending").exists()
    assert books.check_books() == []


@pytest.mark.parametrize("card", ["pm_card_authenticationRequired", "pm_card_visa_chargeDeclined"])
def test_cancelled_before_the_vendor_said_that_nothing_is_held(patient, sandbox, time, card):
    """The answer to the checkout was lost; what it was is learnt only after the cancellation."""
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})
    booking = booking_of(patient.asks(paymentMethodId=card))
    cancel(patient, booking)
    time.passes(seconds=31)
    sandbox.misbehave({**CANCEL, "action": "drop_before"})

    sweep()
    run_jobs()

    view = patient.get(f"/api/bookings/{booking.id}").body["booking"]
    assert (view["state"], view["paymentStatus"]) == ("cancelled_patient", "processing")
    time.passes(seconds=31)
    sweep()
    ended = fresh(booking.id)
    assert (ended.state, ended.payment.state) == ("cancelled_patient", "released")
    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert books.check_books() == []


@pytest.mark.lesson(10)
def test_authenticated_at_the_moment_of_the_cancellation_gives_everything_back(patient, sandbox, settings, time):
    """An instant visit that its patient paid in the app while the other hand cancelled it."""
    settings.CALENDAR_READER = "readers.Free"
    booking = booking_of(patient.asks(paymentMethodId="pm_card_authenticationRequired"))
    sandbox.stripe.authenticate(booking.payment.intent_id)

    answer = cancel(patient, booking)
    run_jobs()
    time.passes(seconds=31)
    sweep()

    assert answer.body["refund"] == {
        "amount": 150,
        "percentage": 100,
        "feeAmount": 0,
        "feePercentage": 0,
        "description": "Full refund",
        "status": "pending",
    }
    assert (answer.status, fresh(booking.id).state) == (200, "cancelled_patient")
    assert fresh(booking.id).payment.state == "refunded"
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
    assert not TimeHold.objects.exists()
    assert books.check_books() == []


# --- The vendor is down ------------------------------------------------------------------------------------------------
@pytest.mark.lesson(10)
@pytest.mark.parametrize("failure", ["drop_before", "drop_after"])
def test_a_release_that_nobody_answers_is_carried_on(patient, sandbox, time, failure):
    booking = patient.has_asked()
    sandbox.misbehave({**CANCEL, "action": failure})

    answer = cancel(patient, booking)

    assert (answer.status, answer.body["refund"]["status"]) == (200, "pending")
    assert (answer.body["booking"]["state"], answer.body["booking"]["paymentStatus"]) == ("cancelled_patient", "held")
    time.passes(seconds=11)
    sweep()
    assert fresh(booking.id).payment.state == "released"
    assert sandbox.stripe.totals()["held"] == 0
    assert books.check_books() == []


@pytest.mark.parametrize("failure", ["drop_before", "drop_after"])
def test_a_refund_that_nobody_answers_is_carried_on_once(patient, visit_before, sandbox, time, failure):
    booking = visit_before(timedelta(hours=13))
    sandbox.misbehave({**REFUND, "action": failure})

    answer = cancel(patient, booking)

    view = answer.body["booking"]
    assert (answer.body["feeCharged"], answer.body["refundAmount"]) == (37.5, 112.5)
    assert (answer.body["refund"]["status"], answer.body["refund"]["amount"]) == ("pending", 112.5)
    assert (view["paymentStatus"], view["refundAmount"]) == ("paid", 0)
    time.passes(seconds=11)
    sweep()
    assert fresh(booking.id).payment.state == "partially_refunded"
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 11250}
    assert books.check_books() == []


def test_no_decision_can_be_cancelled_while_its_money_is_on_its_way(patient, provider, sandbox, time):
    booking = patient.has_asked()
    sandbox.misbehave({**CAPTURE, "action": "drop_before"})
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 202
    before = everything(sandbox)

    answers = [cancel(patient, booking), call_off(provider, booking)]

    assert {answer.refusal[:2] for answer in answers} == {(409, "decision_in_progress")}
    assert everything(sandbox) == before
    time.passes(seconds=11)
    sweep()
    assert cancel(patient, booking).status == 200
    assert sandbox.stripe.totals() == {"held": 0, "received": 15000, "refunded": 15000}
