"""Asking for a visit while the vendor, or our database, is not itself."""

from contextlib import ExitStack

import pytest
from cast import booking_of, fresh, run_jobs, sweep
from django.db import connection

from bookings import reconciliation as books
from bookings.models import Booking, TimeHold
from findr.vendors.budget import vendor_slot
from providers.models import Provider


def test_an_outage_answers_202_and_the_sweep_finishes(patient, sandbox, time):
    sandbox.misbehave({"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"})

    answer = patient.asks()
    assert answer.status == 202
    assert (answer.body["processing"], answer.body["message"]) == (True, "Your payment is being processed.")
    booking = booking_of(answer)
    assert (booking.state, booking.payment.state) == ("pending_payment", "authorizing")

    time.passes(seconds=11)
    sweep()

    assert fresh(booking.id).state == "pending_confirmation"
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1
    assert books.check_books() == []


@pytest.mark.parametrize("status", [401, 403, 409, 429, 500, 503])
def test_a_vendor_that_cannot_is_an_outage_and_never_a_refusal(patient, sandbox, status):
    sandbox.misbehave({"path": "/v1/payment_intents", "action": "status", "status": status, "type": "api_error"})

    answer = patient.asks()

    assert answer.status == 202
    assert booking_of(answer).state == "pending_payment"


def test_a_failure_kept_under_the_key_is_tried_anew_under_another(patient, sandbox, time):
    sandbox.misbehave({"path": "/v1/payment_intents", "action": "status", "status": 500, "store": True})
    booking = booking_of(patient.asks())
    first_key = sandbox.log()[0]["idempotency_key"]

    time.passes(seconds=11)
    sweep()

    creates = [call for call in sandbox.log() if call["method"] == "POST"]
    assert [call["idempotency_key"] == first_key for call in creates] == [True, False]
    assert fresh(booking.id).state == "pending_confirmation"
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1


def test_work_done_behind_a_500_is_found_and_not_done_again(patient, sandbox, time):
    rule = {"path": "/v1/payment_intents", "action": "status", "status": 500, "store": True, "do_work": True}
    sandbox.misbehave({"method": "POST", **rule})
    booking = booking_of(patient.asks())

    time.passes(seconds=11)
    sweep()

    assert fresh(booking.id).state == "pending_confirmation"
    assert len(sandbox.stripe.intents(booking=str(booking.id))) == 1
    assert books.check_books() == []


def test_a_checkout_that_the_vendor_never_answers_frees_its_time_at_its_end(patient, sandbox, time, settings):
    Provider.objects.update(requests_hold_time=True)
    settings.JOB_CALL_SECONDS = 0.2
    sandbox.misbehave({"path": "/v1/*", "action": "drop_before", "times": None})
    booking = booking_of(patient.asks())
    assert TimeHold.objects.filter(owner=booking.id).exists()

    time.passes(minutes=16)
    sweep()
    assert fresh(booking.id).state == "payment_failed"
    assert not TimeHold.objects.exists()

    sandbox.behave()
    time.passes(minutes=11)
    sweep()
    assert fresh(booking.id).payment.state == "failed"
    assert books.check_books() == []


def test_what_the_vendor_did_for_an_ended_checkout_is_undone(patient, sandbox, time, settings):
    settings.JOB_CALL_SECONDS = 0.2
    sandbox.misbehave(
        {"method": "POST", "path": "/v1/payment_intents", "action": "drop_after"},
        {"path": "/v1/*", "action": "drop_before", "times": None},
    )
    booking = booking_of(patient.asks())
    time.passes(minutes=16)
    sweep()
    assert fresh(booking.id).state == "payment_failed"
    assert sandbox.stripe.totals()["held"] == 15000

    sandbox.behave()
    time.passes(minutes=11)
    sweep()
    run_jobs()

    assert sandbox.stripe.totals() == {"held": 0, "received": 0, "refunded": 0}
    assert fresh(booking.id).payment.state == "failed"
    assert books.check_books() == []


def test_too_many_waiting_for_the_vendor_is_a_503_and_nothing_is_written(patient, settings):
    with ExitStack() as everybody_else:
        for _ in range(settings.WEB_THREADS // 2):
            everybody_else.enter_context(vendor_slot())

        answer = patient.asks()

    assert answer.refusal == (503, "temporarily_unavailable", "Please try again")
    assert answer.headers["Retry-After"] == "1"
    assert not Booking.objects.exists()


def test_a_database_that_fails_after_the_booking_is_written_still_answers_202(patient, sandbox, time):
    """Once the booking stands the answer is never 500: its settling fails here, and the sweep does it later."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_paymentoperation ADD CONSTRAINT broken CHECK (state = 'pending')")
    try:
        answer = patient.asks()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE bookings_paymentoperation DROP CONSTRAINT broken")
    assert (answer.status, answer.body["processing"]) == (202, True)

    time.passes(seconds=31)
    sweep()

    assert booking_of(answer).state == "pending_confirmation"
    assert len(sandbox.stripe.intents(booking=answer.body["bookingId"])) == 1
